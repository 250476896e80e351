import { Rng } from '../util/random.js';
import { PIXELS } from './split_builder.js';
import type { Dataset, Split } from './types.js';

/** Share of the training images that becomes validation data when the source has none. */
const HELD_OUT = 0.1;

/**
 * Makes sure that a data set has validation images. If it has none, a tenth of the training images of each class is held out,
 * and the name says so. The test set is never used for this: it would become worthless. A data set with too few images is
 * returned unchanged.
 */
export function holdOut(dataset: Dataset, seed: number): Dataset {
  const { train, validation, test } = dataset.splits;
  if (validation.labels.length > 0) return dataset;
  const kept: number[] = [];
  const held: number[] = [];
  dataset.classes.forEach((_, label) => {
    const rows: number[] = [];
    train.labels.forEach((l, row) => {
      if (l === label) rows.push(row);
    });
    new Rng(seed, label).shuffle(rows);
    const count = Math.round(rows.length * HELD_OUT);
    held.push(...rows.slice(0, count));
    kept.push(...rows.slice(count));
  });
  if (held.length === 0) return dataset;
  const splits = { train: pick(train, kept), validation: pick(train, held), test };
  return { ...dataset, name: `${dataset.name}, 10 % of train held out as validation`, splits };
}

/** The rows with these indices, in file order. */
function pick({ images, labels }: Split, rows: number[]): Split {
  rows.sort((a, b) => a - b);
  const out = { images: new Uint8Array(rows.length * PIXELS), labels: new Uint8Array(rows.length) };
  rows.forEach((row, i) => {
    out.images.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    out.labels[i] = labels[row] as number;
  });
  return out;
}
