import { EventEmitter } from 'node:events';
import type { Size } from './layout.js';
import type { PlacedPicture } from './screen_module.js';
import { widthOf } from './text.js';

/** What the screen is drawn on; `process.stdout` is one. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Frames and pictures that come within this time are drawn as one. */
const GATHER_MS = 15;

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?25h\x1b[?1049l';
const [SYNC, UNSYNC] = ['\x1b[?2026h', '\x1b[?2026l'];
const goTo = (x: number, y: number): string => `\x1b[${y + 1};${x + 1}H`;

/**
 * The terminal's alternate screen. Ink hands it whole frames (it takes this for its stdout); only rows that changed are
 * rewritten, by absolute address, within one synchronised update. Pictures are painted over the text afterwards.
 */
export class Screen extends EventEmitter {
  readonly isTTY = true;
  #frame: readonly string[] = [];
  #pictures: readonly PlacedPicture[] = [];
  #shownRows: string[] = [];
  #shownPixels: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #entered = false;
  #blocked = false;

  constructor(
    private readonly terminal: Terminal,
    /** Lines of a picture, each exactly as wide as its place. */
    private readonly paint: (picture: PlacedPicture) => readonly string[],
  ) {
    super();
  }

  get columns(): number {
    return this.terminal.columns;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  get size(): Size {
    return { cols: this.columns, rows: this.rows };
  }

  /** The rows of the last frame. */
  get frame(): readonly string[] {
    return this.#frame;
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.terminal.write(ENTER);
    this.redraw();
  }

  /** Leaves the terminal as it was found; more than once does no harm. */
  leave(): void {
    if (!this.#entered) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#entered = false;
    this.terminal.write(LEAVE);
  }

  /** Ink's output: a whole frame, or at its end a line break and the cursor, which are not for us. */
  write(frame: string): boolean {
    if (frame !== '\n' && !frame.startsWith('\x1b[?25')) {
      this.#frame = frame.split('\n');
      this.#schedule();
    }
    return true;
  }

  show(pictures: readonly PlacedPicture[]): void {
    this.#pictures = pictures;
    this.#schedule();
  }

  /** Forgets what is on the terminal and draws everything. */
  redraw(): void {
    this.#shownRows = [];
    this.#shownPixels = [];
    if (this.#entered) this.terminal.write('\x1b[2J');
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#entered || this.#blocked) return;
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const { cols, rows } = this.size;
    const pixels = this.#pixels(rows);
    let out = '';
    for (let y = 0; y < rows; y++) {
      const [line, picture] = [this.#frame[y] ?? '', pixels[y] ?? ''];
      const [shown, shownPicture = ''] = [this.#shownRows[y], this.#shownPixels[y]];
      const rewritten = line !== shown || (picture === '' && shownPicture !== '');
      if (rewritten) out += `${goTo(0, y)}${line}\x1b[0m${widthOf(line) < cols ? '\x1b[K' : ''}`;
      if (picture !== '' && (rewritten || picture !== shownPicture)) out += picture;
      this.#shownRows[y] = line;
      this.#shownPixels[y] = picture;
    }
    if (out === '') return;
    if (this.terminal.write(SYNC + out + UNSYNC)) return;
    // A slow terminal: wait until it has taken what we wrote, then draw what is true by then.
    this.#blocked = true;
    this.terminal.once('drain', () => {
      this.#blocked = false;
      this.#schedule();
    });
  }

  /** For each row what pictures put on it, with its addresses. */
  #pixels(rows: number): string[] {
    const byRow: string[] = [];
    for (const placed of this.#pictures) {
      this.paint(placed).forEach((line, i) => {
        const y = placed.y + i;
        if (y < rows) byRow[y] = (byRow[y] ?? '') + goTo(placed.x, y) + line;
      });
    }
    return byRow;
  }
}
