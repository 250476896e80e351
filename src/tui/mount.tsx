import { Writable } from 'node:stream';
import { type Instance, render } from 'ink';
import { App } from './components/app.js';
import type { Painter } from './painter.js';
import type { Program } from './program.js';

/** The stream that Ink uses as its terminal. It passes each frame to the painter. */
export class FrameStream extends Writable {
  readonly isTTY = true;

  constructor(private readonly painter: Painter) {
    super({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        if (!isControl(text)) painter.draw(text);
        done();
      },
    });
  }

  get columns(): number {
    return this.painter.size.cols;
  }

  get rows(): number {
    return this.painter.size.rows;
  }
}

/** Whether a write is not a frame: when it ends, Ink also writes an empty text, a line break and a cursor sequence. */
function isControl(text: string): boolean {
  return text === '' || text === '\n' || text.startsWith('\x1b[?25');
}

/**
 * Mounts the UI. In debug mode, Ink outputs whole frames without cursor movements, and the painter writes them. Ink's own
 * writer is not used: it flickers and clears the scrollback when a frame fills the terminal, and draws nothing if `CI` is set.
 */
export function mount(program: Program, painter: Painter): Instance {
  const stdout: Writable = new FrameStream(painter);
  return render(<App program={program} painter={painter} />, {
    stdout: stdout as NodeJS.WriteStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
}
