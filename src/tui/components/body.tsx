import { Text } from 'ink';
import { borderLines, layersOf } from '../frame/frame.js';
import type { Layer } from '../painter.js';
import { useAppState, usePainted, useProgram } from './hooks.js';

/** The current screen: borders, panels, and the overlay if one is open. */
export function Body() {
  return (
    <>
      <Borders />
      <Layers />
    </>
  );
}

/** The borders of all panels, which Ink's boxes cannot draw: neighbours share a line. */
function Borders() {
  const { screens } = useProgram();
  return <Text>{useAppState((app) => borderLines(app, screens).join('\n'))}</Text>;
}

/** The panels and the overlay. They render with every change of the state. */
function Layers() {
  const program = useProgram();
  const app = useAppState((state) => state);
  return [...layersOf(app, program)].map(([id, layer]) => <Painted key={id} id={id} layer={layer} />);
}

/**
 * A panel or a dialog. It is painted without Ink, which would need three to six times as much processor time per frame
 * (`bench/ink.mjs`).
 */
function Painted({ id, layer }: { readonly id: string; readonly layer: Layer }) {
  usePainted(id, layer);
  return null;
}
