import { PIXELS } from './split_builder.js';
import type { Split } from './types.js';

/** The rows of a split with these indices, in file order. */
export function pickRows({ images, labels }: Split, rows: readonly number[]): Split {
  const sorted = rows.toSorted((a, b) => a - b);
  const out = { images: new Uint8Array(rows.length * PIXELS), labels: new Uint8Array(rows.length) };
  sorted.forEach((row, i) => {
    out.images.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    out.labels[i] = labels[row] as number;
  });
  return out;
}

/** The first `n` images of a split. */
export function limitSplit({ images, labels }: Split, n: number): Split {
  const count = Math.max(0, Math.min(Math.floor(n), labels.length));
  return { images: images.subarray(0, count * PIXELS), labels: labels.subarray(0, count) };
}

/** The rows of each class, in file order: [class][n]. Empty for a class without images. */
export function rowsOfClasses({ labels }: Split, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, row) => {
    rows[label]?.push(row);
  });
  return rows;
}
