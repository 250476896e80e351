import { EventEmitter } from 'node:events';
import sliceAnsi from 'slice-ansi';
import type { ImageLayer } from './image_layer.js';
import type { Piece, Rect, Size } from './layout.js';
import type { PlacedPicture } from './screen_module.js';
import { padTo, widthOf } from './text.js';

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
/** A part of a row that lies over the frame. */
interface Segment {
  readonly x: number;
  readonly cols: number;
  readonly text: string;
}

const goTo = (x: number, y: number): string => `\x1b[${y + 1};${x + 1}H`;

/**
 * The terminal's alternate screen. Ink hands it whole frames (it takes this for its stdout); only rows that changed are
 * rewritten, by absolute address, within one synchronised update. Over the frame lie the panels' lines, and pictures over
 * those.
 */
export class Screen extends EventEmitter {
  readonly isTTY = true;
  #frame: readonly string[] = [];
  #over: readonly Piece[] = [];
  #pictures: readonly PlacedPicture[] = [];
  #shownRows: string[] = [];
  #shownSegments: (readonly Segment[])[] = [];
  #timer: NodeJS.Timeout | undefined;
  #entered = false;
  #blocked = false;

  constructor(
    private readonly terminal: Terminal,
    /** Lines of a picture, each exactly as wide as its place. */
    private readonly paint: (picture: PlacedPicture) => readonly string[],
    /** Shows pictures instead, on a terminal that takes pixels. */
    private readonly images?: ImageLayer,
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

  /** The rows that are shown, without pictures. */
  get text(): readonly string[] {
    return laidOver(this.#frame, this.#over);
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
    this.terminal.write((this.images?.clear() ?? '') + LEAVE);
  }

  /** Ink's output: a whole frame, or at its end a line break and the cursor, which are not for us. */
  write(frame: string): boolean {
    if (frame !== '\n' && !frame.startsWith('\x1b[?25')) {
      this.#frame = frame.split('\n');
      this.#schedule();
    }
    return true;
  }

  /** What lies over the frame. */
  show(over: readonly Piece[], pictures: readonly PlacedPicture[]): void {
    this.#over = over;
    this.#pictures = pictures;
    this.#schedule();
  }

  /** Forgets what is on the terminal and draws everything. */
  redraw(): void {
    this.#shownRows = [];
    this.#shownSegments = [];
    if (this.#entered) this.terminal.write(`${this.images?.clear() ?? ''}\x1b[2J`);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#entered || this.#blocked) return;
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const { cols, rows } = this.size;
    const images = this.#pictures.filter(({ y, rows: high }) => y + high <= rows);
    for (const y of this.images?.vacated(images) ?? []) delete this.#shownRows[y];
    const segments = this.#segments(rows);
    const written: Rect[] = [];
    let out = '';
    for (let y = 0; y < rows; y++) {
      const [line, parts] = [this.#frame[y] ?? '', segments[y] ?? []];
      const [shown, shownParts = []] = [this.#shownRows[y], this.#shownSegments[y]];
      const moved =
        parts.length !== shownParts.length ||
        parts.some(({ x, cols: width }, i) => x !== shownParts[i]?.x || width !== shownParts[i]?.cols);
      let rewritten = line !== shown || moved;
      if (rewritten) {
        out += `${goTo(0, y)}${line}\x1b[0m${widthOf(line) < cols ? '\x1b[K' : ''}`;
        written.push({ x: 0, y, cols, rows: 1 });
      }
      parts.forEach(({ x, cols: width, text }, i) => {
        rewritten ||= text !== shownParts[i]?.text; // what comes after may lie over it
        if (!rewritten) return;
        out += goTo(x, y) + text;
        written.push({ x, y, cols: width, rows: 1 });
      });
      this.#shownRows[y] = line;
      this.#shownSegments[y] = parts;
    }
    out += this.images?.update(images, (cells) => written.some((part) => overlap(part, cells))) ?? '';
    if (out === '') return;
    if (this.terminal.write(SYNC + out + UNSYNC)) return;
    // A slow terminal: wait until it has taken what we wrote, then draw what is true by then.
    this.#blocked = true;
    this.terminal.once('drain', () => {
      this.#blocked = false;
      this.#schedule();
    });
  }

  /** For each row what lies over the frame, in the order of painting. */
  #segments(rows: number): Segment[][] {
    const byRow: Segment[][] = [];
    const put = (x: number, y: number, width: number, text: string): void => {
      if (y >= rows) return;
      byRow[y] ??= [];
      byRow[y].push({ x, cols: width, text });
    };
    for (const { at, lines } of this.#over) {
      for (let i = 0; i < at.rows; i++) put(at.x, at.y + i, at.cols, padTo(lines[i] ?? '', at.cols));
    }
    if (this.images !== undefined) return byRow;
    for (const placed of this.#pictures) {
      this.paint(placed).forEach((line, i) => {
        put(placed.x, placed.y + i, placed.cols, line);
      });
    }
    return byRow;
  }
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.cols && b.x < a.x + a.cols && a.y < b.y + b.rows && b.y < a.y + a.rows;
}

/** Rows with pieces laid over them. */
export function laidOver(rows: readonly string[], over: readonly Piece[]): string[] {
  const result = [...rows];
  for (const { at, lines } of over) {
    for (let i = 0; i < at.rows; i++) {
      const row = result[at.y + i];
      if (row === undefined) continue;
      const text = padTo(lines[i] ?? '', at.cols);
      result[at.y + i] = padTo(sliceAnsi(row, 0, at.x), at.x) + text + sliceAnsi(row, at.x + at.cols);
    }
  }
  return result;
}
