/** Computes the rectangles of the terminal UI from the terminal's size. Cells are counted from 0 at the top left. */

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
 * The size class of a terminal: `wide` from 100 x 30, `standard` from 80 x 24, `narrow` from 60 x 20, `single` (one panel at a
 * time) from 40 x 12, `text` (three lines) below that.
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

/** The size class of the terminal that has a body of this size. A body is three or four rows lower than its terminal. */
export function bodyClass({ cols, rows }: Size): SizeClass {
  return sizeClass({ cols, rows: rows + (cols >= 80 ? 4 : 3) });
}

/** Number of rows above the body: one for the title, and one for the tabs if there is room. */
export function headerRows(size: Size): number {
  const kind = sizeClass(size);
  return kind === 'wide' || kind === 'standard' ? 2 : 1;
}

/** The rectangle of a screen: the terminal without header and status bar. */
export function bodyOf(size: Size): Rect {
  const y = headerRows(size);
  return { x: 0, y, cols: size.cols, rows: Math.max(0, size.rows - y - 2) };
}

/** The size of a part: a number of cells inside its borders, or a share of the remaining cells. */
export type Part = number | { readonly share: number };

/** Divides an area into parts from left to right. Neighbours share a border. */
export function columns(area: Rect, parts: readonly Part[]): Rect[] {
  return spans(area.cols, parts).map(([at, cols]) => ({ ...area, x: area.x + at, cols }));
}

/** Divides an area into parts from top to bottom. Neighbours share a border. */
export function stack(area: Rect, parts: readonly Part[]): Rect[] {
  return spans(area.rows, parts).map(([at, rows]) => ({ ...area, y: area.y + at, rows }));
}

/** Offset and length of each part, including borders. If there is too little room, fixed parts shrink, the last one first. */
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

/** The cells inside a panel's border, without `blank` columns on the left. */
export function inside({ x, y, cols, rows }: Rect, blank = 0): Rect {
  return { x: x + 1 + blank, y: y + 1, cols: Math.max(0, cols - 2 - blank), rows: Math.max(0, rows - 2) };
}

/** Box-drawing characters, indexed by the directions of their lines: 1 up, 2 right, 4 down, 8 left. */
const BOX = ' ╵╶└╷│┌├╴┘─┴┐┤┬┼';

/** Draws the borders of all panels as lines of text, joined where they meet. */
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

/**
 * First cell and number of cells of a scroll bar's thumb, in a panel of `rows` rows that shows line `at` of `of` lines; undefined
 * if all lines fit.
 */
export function thumbOf(
  rows: number,
  { at, of }: { readonly at: number; readonly of: number },
): readonly [number, number] | undefined {
  if (rows < 1 || of <= rows) return undefined;
  const size = Math.max(1, Math.round((rows * rows) / of));
  const share = Math.max(0, Math.min(1, at / (of - 1)));
  return [Math.round((rows - size) * share), size];
}

/** The part of a list that fits into `rows` rows and shows the selected line: first index and count. */
export function scrolled(rows: number, count: number, selected: number): readonly [number, number] {
  const first = Math.max(0, Math.min(selected - (rows >> 1), count - rows));
  return [first, Math.min(rows, count - first)];
}
