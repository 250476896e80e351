import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import { actionsOf } from './actions.js';
import type { App } from './keys.js';
import { type Scene, sceneOf } from './scene.js';

/** The whole picture: Ink lays the pieces of the scene over each other. Pixels go past it, see screen.ts. */
export function AppView({ app, onScene }: { app: App; onScene?: (scene: Scene) => void }) {
  const { store, screens, engine } = app;
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const scene = sceneOf(state, screens, (name) => actionsOf(store, screens, engine, name));
  onScene?.(scene);
  return (
    <Box width={state.size.cols} height={state.size.rows} overflow="hidden">
      {scene.pieces.map(({ key, at, lines }) => (
        <Box
          key={key}
          position="absolute"
          marginLeft={at.x}
          marginTop={at.y}
          width={at.cols}
          height={at.rows}
        >
          <Text wrap="truncate">{lines.join('\n')}</Text>
        </Box>
      ))}
    </Box>
  );
}
