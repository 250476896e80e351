import { labelsLike } from './labels.js';
import { PIXELS } from './split_builder.js';
import type { Labels, Split } from './types.js';

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

/**
 * At most `n` images of a split: the first, or, where it is sorted by class as folders and some tables are, images of all
 * classes in the proportions of the split, at least one of each as far as `n` allows, evenly spread over each.
 */
export function limitSplit(split: Split, n: number): Split {
  const { images, labels, targets } = split;
  const count = Math.max(0, Math.min(Math.floor(n), labels.length));
  if (count > 0 && count < labels.length && isSorted(labels))
    return pickRows(split, spreadRows(split, count));
  return {
    images: images.subarray(0, count * PIXELS),
    labels: labels.subarray(0, count),
    ...(targets && { targets: targets.subarray(0, count * classesOf({ labels, targets })) }),
  };
}

/**
 * Whether equal labels stand together: in at most two stretches a class, because a class may have two folders, of two images or
 * more on average.
 */
function isSorted(labels: Labels): boolean {
  let stretches = 1;
  for (let i = 1; i < labels.length; i++) if (labels[i] !== labels[i - 1]) stretches++;
  return stretches <= 2 * new Set<number>(labels).size && 2 * stretches <= labels.length;
}

/** Rows of all classes, divided as seats among parties (Sainte-Laguë). */
function spreadRows(split: Split, count: number): number[] {
  const classes = rowsOfClasses(split, Math.max(...split.labels) + 1).filter((rows) => rows.length > 0);
  const taken = classes.map(() => 0);
  const claim = (at: number): number => {
    const size = classes[at]?.length ?? 0;
    return taken[at] === 0 ? size + split.labels.length : size / (2 * (taken[at] as number) + 1);
  };
  for (let i = 0; i < count; i++) {
    let most = 0;
    for (let at = 1; at < classes.length; at++) if (claim(at) > claim(most)) most = at;
    taken[most] = (taken[most] as number) + 1;
  }
  return classes.flatMap((rows, at) => {
    const own = taken[at] as number;
    return Array.from({ length: own }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / own)] as number);
  });
}

/** The rows of each class, in file order: [class][n]. Empty for a class without images. */
export function rowsOfClasses({ labels }: Split, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, row) => {
    rows[label]?.push(row);
  });
  return rows;
}
