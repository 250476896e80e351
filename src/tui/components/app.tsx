import { Box } from 'ink';
import { sizeClass } from '../layout.js';
import type { Painter } from '../painter.js';
import type { Program } from '../program.js';
import { Body } from './body.js';
import { Header } from './header.js';
import { PainterContext, ProgramContext, useAppState } from './hooks.js';
import { StatusBar } from './status_bar.js';
import { Summary } from './summary.js';

export interface AppProps {
  readonly program: Program;
  /** Draws panels and overlays, without Ink. */
  readonly painter: Pick<Painter, 'paint' | 'erase'>;
}

/** The whole UI. */
export function App({ program, painter }: AppProps) {
  return (
    <ProgramContext value={program}>
      <PainterContext value={painter}>
        <Frame />
      </PainterContext>
    </ProgramContext>
  );
}

/** Header, body and status bar from top to bottom. A terminal that is too small for them shows three lines instead. */
function Frame() {
  const size = useAppState((app) => app.size);
  const small = sizeClass(size) === 'text';
  return (
    <Box width={size.cols} height={size.rows} flexDirection="column">
      {small ? (
        <Summary />
      ) : (
        <>
          <Header />
          <Body />
          <StatusBar />
        </>
      )}
    </Box>
  );
}
