import { labelsLike } from './labels.js';
import { PIXELS } from './split_builder.js';
import type { Split } from './types.js';

/** The rows of a split with these indices, in file order. */
export function pickRows({ images, labels, targets }: Split, rows: readonly number[]): Split {
  const sorted = rows.toSorted((a, b) => a - b);
  const classes = classesOf({ labels, targets });
  const picked = {
    images: new Uint8Array(rows.length * PIXELS),
    labels: labelsLike(labels, rows.length),
    ...(targets && { targets: new Float32Array(rows.length * classes) }),
  };
  sorted.forEach((row, i) => {
    picked.images.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    picked.labels[i] = labels[row] as number;
    if (targets) picked.targets?.set(targets.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  return picked;
}

/** Values a row of the targets. */
const classesOf = ({ labels, targets }: Pick<Split, 'labels' | 'targets'>): number =>
  (targets?.length ?? 0) / Math.max(1, labels.length);

/** The first `n` images of a split. */
export function limitSplit({ images, labels, targets }: Split, n: number): Split {
  const count = Math.max(0, Math.min(Math.floor(n), labels.length));
  return {
    images: images.subarray(0, count * PIXELS),
    labels: labels.subarray(0, count),
    ...(targets && { targets: targets.subarray(0, count * classesOf({ labels, targets })) }),
  };
}

/** The rows of each class, in file order: [class][n]. Empty for a class without images. */
export function rowsOfClasses({ labels }: Split, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, row) => {
    rows[label]?.push(row);
  });
  return rows;
}
