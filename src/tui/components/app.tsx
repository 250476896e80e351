import { Box, Text } from 'ink';
import { isTiny } from '../frame/frame.js';
import { headerLines } from '../frame/header.js';
import { statusLines } from '../frame/status.js';
import { summaryLines } from '../frame/summary.js';
import type { Painter } from '../painter.js';
import type { Program } from '../program.js';
import { Body } from './body.js';
import { PainterContext, ProgramContext, useAppState, useProgram } from './hooks.js';

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
  const tiny = useAppState(isTiny);
  return (
    <Box width={size.cols} height={size.rows} flexDirection="column">
      {tiny ? (
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

function Header() {
  const { screens } = useProgram();
  return <Text wrap="truncate-end">{useAppState((app) => headerLines(app, screens).join('\n'))}</Text>;
}

function StatusBar() {
  const program = useProgram();
  return <Text wrap="truncate-end">{useAppState((app) => statusLines(app, program).join('\n'))}</Text>;
}

function Summary() {
  const { screens } = useProgram();
  return <Text>{useAppState((app) => summaryLines(app, screens).join('\n'))}</Text>;
}
