/** Rectangles of the terminal UI, as pure functions of its size. Cells are counted from 0 at the top left. */

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** A rectangle of cells. A panel's rectangle includes its border, which neighbours share: they overlap by one cell. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * What fits: `wide` from 100 x 30, `standard` from 80 x 24, `narrow` from 60 x 20, `single` (one panel at a time) from
 * 40 x 12, below it `text` (three lines).
 */
export type SizeClass = 'wide' | 'standard' | 'narrow' | 'single' | 'text';

const CLASSES: readonly (readonly [SizeClass, number, number])[] = [
  ['wide', 100, 30],
  ['standard', 80, 24],
  ['narrow', 60, 20],
  ['single', 40, 12],
];

export function sizeClass({ cols, rows }: Size): SizeClass {
  return CLASSES.find(([, c, r]) => cols >= c && rows >= r)?.[0] ?? 'text';
}

/** The same classes for a body, which is three or four rows lower than its terminal. */
export function bodyClass({ cols, rows }: Size): SizeClass {
  return sizeClass({ cols, rows: rows + (cols >= 80 ? 4 : 3) });
}

/** Rows above the body: the title, and the tabs where they have a row of their own. */
export function headerRows(size: Size): number {
  const kind = sizeClass(size);
  return kind === 'wide' || kind === 'standard' ? 2 : 1;
}

/** The rectangle of a screen: the terminal without header and status bar. */
export function bodyOf(size: Size): Rect {
  const y = headerRows(size);
  return { x: 0, y, cols: size.cols, rows: Math.max(0, size.rows - y - 2) };
}

/** A part of a split: a number of cells inside the borders, or a share of what is left. */
export type Part = number | { readonly share: number };

/** Parts from left to right, sharing borders. */
export function columns(area: Rect, parts: readonly Part[]): Rect[] {
  return spans(area.cols, parts).map(([at, cols]) => ({ ...area, x: area.x + at, cols }));
}

/** Parts from top to bottom, sharing borders. */
export function stack(area: Rect, parts: readonly Part[]): Rect[] {
  return spans(area.rows, parts).map(([at, rows]) => ({ ...area, y: area.y + at, rows }));
}

/** Offsets and lengths, borders included; fixed parts shrink from the last one when there is too little room. */
function spans(length: number, parts: readonly Part[]): [number, number][] {
  let free = Math.max(0, length - 1 - parts.length);
  const fixed = parts.map((part) => {
    const cells = typeof part === 'number' ? Math.min(part, free) : 0;
    free -= cells;
    return cells;
  });
  let shares = parts.reduce<number>((sum, part) => sum + (typeof part === 'number' ? 0 : part.share), 0);
  let at = 0;
  return parts.map((part, i) => {
    let inside = fixed[i] as number;
    if (typeof part !== 'number') {
      inside = Math.round((free * part.share) / shares);
      free -= inside;
      shares -= part.share;
    }
    const span: [number, number] = [at, inside + 2];
    at += inside + 1;
    return span;
  });
}

/** The cells inside a panel's border, less some blank columns on the left. */
export function inside({ x, y, cols, rows }: Rect, blank = 0): Rect {
  return { x: x + 1 + blank, y: y + 1, cols: Math.max(0, cols - 2 - blank), rows: Math.max(0, rows - 2) };
}

/** Box characters by the sides that lines leave to: 1 up, 2 right, 4 down, 8 left. */
const BOX = ' ╵╶└╷│┌├╴┘─┴┐┤┬┼';

/** The borders of all panels as lines of text, joined where they meet. */
export function borders(rects: readonly Rect[], { cols, rows }: Size): string[] {
  const sides = Array.from({ length: rows }, () => new Uint8Array(cols));
  const add = (x: number, y: number, bits: number): void => {
    const row = sides[y];
    if (row !== undefined && x >= 0 && x < cols) row[x] = (row[x] ?? 0) | bits;
  };
  for (const { x, y, cols: w, rows: h } of rects) {
    const [right, bottom] = [x + w - 1, y + h - 1];
    for (let i = x; i <= right; i++) {
      const bits = (i > x ? 8 : 0) | (i < right ? 2 : 0);
      add(i, y, bits);
      add(i, bottom, bits);
    }
    for (let j = y; j <= bottom; j++) {
      const bits = (j > y ? 1 : 0) | (j < bottom ? 4 : 0);
      add(x, j, bits);
      add(right, j, bits);
    }
  }
  return sides.map((row) => Array.from(row, (bits) => BOX[bits]).join(''));
}

/** The part of a long list to show so that the selected line is visible: first index and count. */
export function scrolled(rows: number, count: number, selected: number): readonly [number, number] {
  const first = Math.max(0, Math.min(selected - (rows >> 1), count - rows));
  return [first, Math.min(rows, count - first)];
}
