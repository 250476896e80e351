import { listOf } from '../data/class_names.js';
import { labelArray } from '../data/labels.js';
import type { Split } from '../data/types.js';
import { sameClass } from '../util/classes.js';
import { DataError } from '../util/errors.js';

/**
 * Renumbers the labels of a split to the class order of a model. Classes are matched by name.
 * @param skipUnknown leave out images of classes that the model does not know; otherwise such an image is a DataError
 */
export function mapLabels(
  split: Split,
  { from, to, skipUnknown }: { from: readonly string[]; to: readonly string[]; skipUnknown: boolean },
): Split {
  const target = from.map((name) => to.findIndex((other) => sameClass(name, other)));
  if (target.every((index, i) => index === i)) return split;
  const unknown = new Map<string, number>();
  const kept: number[] = [];
  split.labels.forEach((label, i) => {
    const name = from[label] ?? String(label);
    if ((target[label] ?? -1) >= 0) kept.push(i);
    else unknown.set(name, (unknown.get(name) ?? 0) + 1);
  });
  if (unknown.size > 0 && !skipUnknown) {
    const missing = listOf([...unknown].map(([name, count]) => `${count} of ${name}`));
    throw new DataError(
      `the data has images of classes that the model does not know (${missing}); it knows ${listOf(to)}, the data have ${listOf(from)}: name its classes with --classes if these are wrong, or leave such images out with --skip-unknown`,
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
