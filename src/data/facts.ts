import { createHash } from 'node:crypto';
import { PIXELS } from './split_builder.js';
import type { Dataset, Split, SplitName } from './types.js';

/** Facts about a data set: pure functions of its images and labels. */

/** Images of each class. */
export function classCounts({ labels }: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Statistics of the gray values of one face. */
export interface FaceRange {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export function faceRange(face: Uint8Array): FaceRange {
  let [min, max, sum] = [255, 0, 0];
  for (const value of face) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, mean: sum / face.length, max };
}

/** Indices of images whose pixels are all equal: they show nothing. */
export function constantFaces({ images, labels }: Split): number[] {
  const found: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const first = images[i * PIXELS];
    let at = i * PIXELS + 1;
    while (at < (i + 1) * PIXELS && images[at] === first) at++;
    if (at === (i + 1) * PIXELS) found.push(i);
  }
  return found;
}

/** One of several identical images. */
export interface Twin {
  readonly split: SplitName;
  readonly index: number;
  readonly label: number;
}

/**
 * Groups of identical images across all splits, in file order. Images in two splits make validation look better than it is;
 * images with two labels cannot both be learned.
 */
export function duplicateFaces({ splits }: { readonly splits: Partial<Dataset['splits']> }): Twin[][] {
  const byHash = new Map<string, Twin[]>();
  for (const [split, { images, labels }] of Object.entries(splits) as [SplitName, Split][]) {
    labels.forEach((label, index) => {
      const face = images.subarray(index * PIXELS, (index + 1) * PIXELS);
      const hash = createHash('sha1').update(face).digest('base64');
      const twins = byHash.get(hash);
      if (twins === undefined) byHash.set(hash, [{ split, index, label }]);
      else twins.push({ split, index, label });
    });
  }
  return [...byHash.values()].filter((twins) => twins.length > 1);
}

/** Counts the groups of identical images that are in several splits, and those with several labels. */
export function duplicateKinds(groups: readonly (readonly Twin[])[]): { leaks: number; disputes: number } {
  const several = (pick: (twin: Twin) => unknown): number =>
    groups.filter((twins) => new Set(twins.map(pick)).size > 1).length;
  return { leaks: several(({ split }) => split), disputes: several(({ label }) => label) };
}
