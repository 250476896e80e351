import { type Arr, at } from './arrays.js';

/** Bins of the histogram of a cell: 58 uniform patterns of eight neighbours, and one for all others. */
const BINS = 59;

/** Extents of the images, distance of the neighbours in pixels, and cells along each edge. */
export interface PatternShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly radius: number;
  readonly cells: number;
}

/** Whole gray levels of preprocessed pixels. @param mean [H, W] */
export function restoreGray(images: Arr, mean: Arr, scale: number): Arr {
  return images.map((v, i) =>
    Math.min(255, Math.max(0, Math.floor(scale * v + at(mean, i % mean.length) + 0.5))),
  );
}

/** The bin of a pattern, given its eight bits. */
export function binOf(bits: readonly boolean[]): number {
  const ones = bits.filter(Boolean).length;
  const before = (k: number): boolean => bits[(k + 7) % 8] as boolean;
  const starts = [...bits.keys()].filter((k) => bits[k] && !before(k));
  if (ones === 0) return 0;
  if (ones === 8) return 57;
  return starts.length === 1 ? 1 + 8 * (ones - 1) + (starts[0] as number) : 58;
}

/** The bin of each pixel's pattern, [B, H - 2r, W - 2r], from gray levels [B, H, W]. */
export function binaryPatterns(gray: Arr, { b, h, w, radius }: PatternShape): Arr {
  const [rows, columns] = [h - 2 * radius, w - 2 * radius];
  /** In 1/256 pixel. */
  const offset = (v: number): number => Math.round(256 * radius * v) / 256;
  return Float64Array.from({ length: b * rows * columns }, (_, i) => {
    const n = Math.floor(i / (rows * columns));
    const [x, y] = [(i % columns) + radius, (Math.floor(i / columns) % rows) + radius];
    const pixel = (px: number, py: number): number => at(gray, (n * h + py) * w + px);
    const sample = (sx: number, sy: number): number => {
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - left, sy - top];
      const line = (py: number): number =>
        (1 - fx) * pixel(left, py) + (fx > 0 ? fx * pixel(left + 1, py) : 0);
      return (1 - fy) * line(top) + (fy > 0 ? fy * line(top + 1) : 0);
    };
    const bits = Array.from({ length: 8 }, (__, k) => {
      const angle = (k * Math.PI) / 4;
      return sample(x + offset(Math.cos(angle)), y - offset(Math.sin(angle))) >= pixel(x, y);
    });
    return binOf(bits);
  });
}

/** The share of each bin among the pixels of each cell, [B, cells, cells, 59], from the bins of all pixels. */
export function patternHistograms(bins: Arr, { b, h, w, radius, cells }: PatternShape): Arr {
  const [rows, columns] = [h - 2 * radius, w - 2 * radius];
  /** Where a cell begins. */
  const edge = (cell: number, extent: number): number => Math.floor((cell * extent) / cells);
  return Float64Array.from({ length: b * cells * cells * BINS }, (_, i) => {
    const bin = i % BINS;
    const cell = Math.floor(i / BINS);
    const [column, row] = [cell % cells, Math.floor(cell / cells) % cells];
    const n = Math.floor(cell / (cells * cells));
    const found: boolean[] = [];
    for (let y = edge(row, rows); y < edge(row + 1, rows); y++) {
      for (let x = edge(column, columns); x < edge(column + 1, columns); x++) {
        found.push(at(bins, (n * rows + y) * columns + x) === bin);
      }
    }
    return found.filter(Boolean).length / found.length;
  });
}
