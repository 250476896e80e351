import { listOf } from '../data/class_names.js';
import { labelArray } from '../data/labels.js';
import type { Split } from '../data/types.js';
import { sameClass } from '../util/classes.js';
import { DataError } from '../util/errors.js';

/** How classes of data become those of a model. */
export interface ClassMapping {
  /** Classes of the data. */
  readonly from: readonly string[];
  /** Classes of the model. */
  readonly to: readonly string[];
  /** Leave out images of classes that the model does not know; otherwise such an image is a DataError. */
  readonly skipUnknown: boolean;
  /** Hears how many were left out. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** Renumbers the labels of a split to the class order of a model. Classes are matched by name. */
export function mapLabels(split: Split, { from, to, skipUnknown, onNote }: ClassMapping): Split {
  const target = from.map((name) => to.findIndex((other) => sameClass(name, other)));
  if (target.every((index, i) => index === i)) return split;
  const unknown = new Map<string, number>();
  const kept: number[] = [];
  split.labels.forEach((label, i) => {
    const name = from[label] ?? String(label);
    if ((target[label] ?? -1) >= 0) kept.push(i);
    else unknown.set(name, (unknown.get(name) ?? 0) + 1);
  });
  const missing = listOf([...unknown].map(([name, count]) => `${count} of ${name}`));
  if (unknown.size > 0 && !skipUnknown) {
    throw new DataError(
      `the data has images of classes that the model does not know (${missing}); it knows ${listOf(to)}, the data have ${listOf(from)}: name its classes with --classes if these are wrong, or leave such images out with --skip-unknown`,
    );
  }
  const skipped = split.labels.length - kept.length;
  if (skipped > 0) {
    const what = skipped === 1 ? 'image' : 'images';
    onNote?.(
      `${skipped.toLocaleString('en')} ${what} left out of classes that the model does not know: ${missing}`,
    );
  }
  const pixels = split.images.length / split.labels.length;
  const images = new Uint8Array(kept.length * pixels);
  kept.forEach((row, i) => {
    images.set(split.images.subarray(row * pixels, (row + 1) * pixels), i * pixels);
  });
  const labels = labelArray(kept.length, to.length);
  kept.forEach((row, i) => {
    labels[i] = target[split.labels[row] as number] as number;
  });
  return { images, labels };
}
