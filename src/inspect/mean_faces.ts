import type { Labels } from '../data/types.js';
import { type Method, stem } from './method.js';
import type { NamedPicture } from './result.js';

/**
 * The mean of the images of each class.
 * @param images [n, pixels] @param labels [n] @returns for each class the mean [pixels], and how many images it is of
 */
export function meanFaces(
  images: Uint8Array,
  labels: Labels,
  classes: number,
): { mean: Uint8Array; count: number }[] {
  const pixels = images.length / labels.length;
  const sums = Array.from({ length: classes }, () => new Float64Array(pixels));
  const counts = new Array<number>(classes).fill(0);
  labels.forEach((label, n) => {
    const sum = sums[label] as Float64Array;
    counts[label] = (counts[label] ?? 0) + 1;
    for (let p = 0; p < pixels; p++) sum[p] = (sum[p] as number) + (images[n * pixels + p] as number);
  });
  return sums.map((sum, label) => {
    const count = counts[label] ?? 0;
    return { mean: Uint8Array.from(sum, (total) => Math.round(total / Math.max(1, count))), count };
  });
}

/** What the data itself looks like. */
export const MEAN_FACES: Method = {
  name: 'mean-faces',
  title: 'Mean face of each class',
  shows: 'The mean of all faces of a class: what a network that only compares pixels could learn at best.',
  limits: 'It is a property of the data, not of the network.',
  needs: 'faces',
  run: async ({ subject, faces }) => {
    const [height, width] = subject.inputShape;
    const means = meanFaces(faces.images, faces.labels, subject.classes.length);
    const pictures = means.flatMap(({ mean, count }, label): NamedPicture[] => {
      const name = subject.classes[label] ?? String(label);
      const picture = { width, height, channels: 1, data: mean } as const;
      return count === 0 ? [] : [{ name: stem(name), caption: `${name}, ${count} faces`, picture, label }];
    });
    return [{ kind: 'pictures', title: 'Mean faces', pictures }];
  },
};
