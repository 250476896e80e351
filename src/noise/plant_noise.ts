import { type Correction, faceId } from '../data/labels_file.js';
import type { Dataset } from '../data/types.js';
import { Rng } from '../util/random.js';

/**
 * Wrong labels for a share of the training images, to measure what finds them: each of these images gets one of the other
 * classes, all equally likely.
 * @param rate share of the images, in [0, 1]
 */
export function plantNoise({ splits, classes }: Dataset, rate: number, seed: number): Correction[] {
  const { train } = splits;
  const rng = new Rng(seed);
  const rows = rng.shuffle(Array.from(train.labels.keys())).slice(0, Math.round(rate * train.labels.length));
  return rows.map((index) => {
    const was = train.labels[index] as number;
    const label = (was + 1 + rng.int(classes.length - 1)) % classes.length;
    return { split: 'train', index, face: faceId(train, index), was, action: 'relabel', label };
  });
}
