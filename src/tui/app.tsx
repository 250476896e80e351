import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Stage } from './stage.js';

/** The frame of the screen: Ink lays its pieces over each other. What lies in the panels goes past it, see stage.ts. */
export function AppView({ stage }: { stage: Stage }) {
  const { size, pieces } = useSyncExternalStore(stage.subscribe, stage.frame);
  return (
    <Box width={size.cols} height={size.rows}>
      {pieces.map(({ key, at, lines }) => (
        <Box
          key={key}
          position="absolute"
          marginLeft={at.x}
          marginTop={at.y}
          width={at.cols}
          height={at.rows}
        >
          <Text wrap="truncate-end">{lines.join('\n')}</Text>
        </Box>
      ))}
    </Box>
  );
}
