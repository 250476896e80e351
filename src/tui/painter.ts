import sliceAnsi from 'slice-ansi';
import { terminalSize } from '../util/terminal_size.js';
import type { ImageLayer } from './image_layer.js';
import type { Rect, Size } from './layout.js';
import type { PlacedPicture } from './screen_module.js';
import { asciiOf, padTo, widthOf } from './text.js';

/** The terminal that the painter writes to, such as `process.stdout`. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Lines of text in a rectangle of the terminal. */
export interface Piece {
  readonly at: Rect;
  /** At most as wide as the rectangle. Rows below the last line are blank. */
  readonly lines: readonly string[];
}

/** The text and pictures that one component paints over Ink's frame. */
export interface Layer {
  readonly pieces: readonly Piece[];
  /** Pictures over the pieces, at cells of the terminal. */
  readonly pictures?: readonly PlacedPicture[];
  /** Whether to paint it over the other layers; default: false. */
  readonly above?: boolean;
}

export interface PainterOptions {
  /** Converts a picture to lines of characters, each exactly as wide as the picture's rectangle. */
  readonly paintPicture: (picture: PlacedPicture) => readonly string[];
  /** Shows pictures as pixels instead, on terminals that support it. */
  readonly images?: ImageLayer | undefined;
  /** Whether to replace all other characters by ASCII ones; default: false. */
  readonly ascii?: boolean;
  /** Whether the terminal is to report clicks and the wheel; default: false. With Shift, terminals select text as usual. */
  readonly mouse?: boolean;
}

/** Changes within this time are written together. */
const GATHER_MS = 15;

/** Alternate screen, no cursor, pasted text between marks (`input.ts`); and back. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l';
/** Reports of buttons and the wheel with decimal coordinates (SGR). */
const [MOUSE, NO_MOUSE] = ['\x1b[?1000h\x1b[?1006h', '\x1b[?1006l\x1b[?1000l'];
const [SYNC, UNSYNC] = ['\x1b[?2026h', '\x1b[?2026l'];

/** A part of a row that is painted over the frame. */
interface Segment {
  readonly x: number;
  readonly cols: number;
  readonly text: string;
}

const goTo = (x: number, y: number): string => `\x1b[${y + 1};${x + 1}H`;

/**
 * Writes to the terminal's alternate screen: first Ink's frame, over it the layers of components, over these the pictures. Only
 * changed rows are written, at absolute positions and in one synchronized update.
 */
export class Painter {
  #frame: readonly string[] = [];
  readonly #layers = new Map<string, Layer>();
  #shownRows: string[] = [];
  #shownSegments: (readonly Segment[])[] = [];
  #timer: NodeJS.Timeout | undefined;
  #entered = false;
  #blocked = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly options: PainterOptions,
  ) {}

  get size(): Size {
    return terminalSize(this.terminal);
  }

  /** The current rows of the screen, without pictures. */
  get text(): readonly string[] {
    return laidOver(this.#frame, this.#pieces());
  }

  /** The current pictures, in painting order. */
  get pictures(): readonly PlacedPicture[] {
    return [...this.#layers.values()].flatMap(({ pictures = [] }) => pictures);
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.terminal.write(this.options.mouse ? ENTER + MOUSE : ENTER);
    this.redraw();
    if (this.#frame.length > 0) this.show();
  }

  /** Restores the terminal. Further calls have no effect. */
  leave(): void {
    if (!this.#entered) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#entered = false;
    this.terminal.write((this.options.images?.clear() ?? '') + (this.options.mouse ? NO_MOUSE : '') + LEAVE);
  }

  /** Sets the frame that Ink has rendered. */
  draw(frame: string): void {
    this.#frame = this.#printable(frame.split('\n'));
    this.#schedule();
  }

  /** Shows a layer, and replaces the layer with the same id. */
  paint(id: string, layer: Layer): void {
    const pieces = layer.pieces.map((piece) => ({ ...piece, lines: this.#printable(piece.lines) }));
    this.#layers.set(id, { ...layer, pieces });
    this.#schedule();
  }

  /** Removes a layer. */
  erase(id: string): void {
    this.#layers.delete(id);
    this.#schedule();
  }

  /** Clears the terminal and draws everything again. */
  redraw(): void {
    this.#shownRows = [];
    this.#shownSegments = [];
    if (this.#entered) this.terminal.write(`${this.options.images?.clear() ?? ''}\x1b[2J`);
    this.#schedule();
  }

  /** Writes at once what has changed, as after a key. */
  show(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#flush();
  }

  #schedule(): void {
    if (!this.#entered || this.#blocked) return;
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const { cols, rows } = this.size;
    const images = this.pictures.filter(({ y, rows: high }) => y + high <= rows);
    for (const y of this.options.images?.vacated(images) ?? []) delete this.#shownRows[y];
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
        rewritten ||= text !== shownParts[i]?.text; // later segments may overlap this one, so write them again too
        if (!rewritten) return;
        out += goTo(x, y) + text;
        written.push({ x, y, cols: width, rows: 1 });
      });
      this.#shownRows[y] = line;
      this.#shownSegments[y] = parts;
    }
    out += this.options.images?.update(images, (cells) => written.some((part) => overlap(part, cells))) ?? '';
    if (out === '') return;
    if (this.terminal.write(SYNC + out + UNSYNC)) return;
    // The terminal is slow: wait until it has read this, then write all changes since.
    this.#blocked = true;
    this.terminal.once('drain', () => {
      this.#blocked = false;
      this.#schedule();
    });
  }

  /** The pieces over the frame, in painting order. */
  #pieces(): Piece[] {
    const layers = [...this.#layers.values()];
    const above = (layer: Layer): boolean => layer.above ?? false;
    return [...layers.filter((layer) => !above(layer)), ...layers.filter(above)].flatMap(
      ({ pieces }) => pieces,
    );
  }

  #printable(lines: readonly string[]): readonly string[] {
    return this.options.ascii === true ? lines.map(asciiOf) : lines;
  }

  /** For each row, the segments over the frame, in painting order. */
  #segments(rows: number): Segment[][] {
    const byRow: Segment[][] = [];
    const put = (x: number, y: number, width: number, text: string): void => {
      if (y >= rows) return;
      byRow[y] ??= [];
      byRow[y].push({ x, cols: width, text });
    };
    for (const { at, lines } of this.#pieces()) {
      for (let i = 0; i < at.rows; i++) put(at.x, at.y + i, at.cols, padTo(lines[i] ?? '', at.cols));
    }
    if (this.options.images !== undefined) return byRow;
    for (const placed of this.pictures) {
      this.options.paintPicture(placed).forEach((line, i) => {
        put(placed.x, placed.y + i, placed.cols, line);
      });
    }
    return byRow;
  }
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.cols && b.x < a.x + a.cols && a.y < b.y + b.rows && b.y < a.y + a.rows;
}

/** Returns the rows with the pieces painted over them. */
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
