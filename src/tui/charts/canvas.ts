import type { Capability } from '../paint/capability.js';
import type { Role, Theme } from '../theme.js';

/** Bits of the dots of a braille cell, by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

interface Cell {
  bits: number;
  /** A character instead of dots. */
  mark: string | undefined;
  role: Role;
}

/**
 * A grid of characters to draw on. Places are in dots, (0, 0) at the top left: A character holds 2 x 4 braille dots; in ASCII it
 * holds one, which is drawn as the mark of the curve.
 */
export class Canvas {
  /** Dots across and down. */
  readonly width: number;
  readonly height: number;
  readonly #cells: (Cell | undefined)[];
  readonly #dx: number;
  readonly #dy: number;

  constructor(
    readonly cols: number,
    readonly rows: number,
    private readonly glyphs: Capability['glyphs'],
  ) {
    [this.#dx, this.#dy] = glyphs === 'unicode' ? [2, 4] : [1, 1];
    this.width = cols * this.#dx;
    this.height = rows * this.#dy;
    this.#cells = new Array(cols * rows);
  }

  /** One dot; a cell has the colour of what was drawn into it last. */
  dot(x: number, y: number, role: Role, mark: string): void {
    const cell = this.#cell(x, y);
    if (cell === undefined) return;
    if (this.glyphs === 'ascii') cell.mark = mark;
    else cell.bits |= DOTS[x & 1 ? 1 : 0][(y & 3) as 0 | 1 | 2 | 3];
    cell.role = role;
  }

  /** A straight line of dots, both ends included. */
  line(x0: number, y0: number, x1: number, y1: number, role: Role, mark: string): void {
    const steps = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let i = 0; i <= steps; i++) {
      this.dot(
        Math.round(x0 + ((x1 - x0) * i) / steps),
        Math.round(y0 + ((y1 - y0) * i) / steps),
        role,
        mark,
      );
    }
  }

  /** A character in the cell of a dot. */
  mark(x: number, y: number, mark: string, role: Role): void {
    const cell = this.#cell(x, y);
    if (cell !== undefined) Object.assign(cell, { mark, role });
  }

  /** Writes a text from a cell to the right, spaces too, but only into empty cells. Coordinates are in cells. */
  text(col: number, row: number, text: string, role: Role): void {
    [...text].forEach((letter, i) => {
      const at = row * this.cols + col + i;
      const inside = col + i >= 0 && col + i < this.cols && row >= 0 && row < this.rows;
      if (inside && this.#cells[at] === undefined) {
        this.#cells[at] = { bits: 0, mark: letter, role };
      }
    });
  }

  /** Whether `length` cells, from this one to the right, are empty. */
  isFree(col: number, row: number, length: number): boolean {
    if (col < 0 || col + length > this.cols || row < 0 || row >= this.rows) return false;
    const at = row * this.cols + col;
    return this.#cells.slice(at, at + length).every((cell) => cell === undefined);
  }

  /** Row of cells that a dot's row lies in. */
  rowOf(y: number): number {
    return Math.floor(y / this.#dy);
  }

  /** Column of cells that a dot's column lies in. */
  colOf(x: number): number {
    return Math.floor(x / this.#dx);
  }

  lines(theme: Theme): string[] {
    return Array.from({ length: this.rows }, (_, row) => {
      let line = '';
      let run = '';
      let role: Role | undefined;
      const close = (): void => {
        line += role === undefined ? run : theme[role](run);
        run = '';
      };
      for (let col = 0; col < this.cols; col++) {
        const cell = this.#cells[row * this.cols + col];
        if (cell?.role !== role) {
          close();
          role = cell?.role;
        }
        run += cell === undefined ? ' ' : (cell.mark ?? String.fromCharCode(0x2800 + cell.bits));
      }
      close();
      return line;
    });
  }

  #cell(x: number, y: number): Cell | undefined {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return undefined;
    const at = Math.floor(y / this.#dy) * this.cols + Math.floor(x / this.#dx);
    this.#cells[at] ??= { bits: 0, mark: undefined, role: 'faint' };
    return this.#cells[at];
  }
}
