import { Rng } from '../util/random.js';
import { PIXELS } from './split_builder.js';
import type { Dataset, Split } from './types.js';

/** Share of the training images that becomes validation data when the source has none. */
const HELD_OUT = 0.1;

/**
 * A data set with validation images: the given one or, when it has none, with a tenth of each class of the training
 * images held out, which its name then says. Validating on the test set would make it worthless. Too few images to
 * hold any out: the given one.
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

/** The given rows, in file order. */
function pick({ images, labels }: Split, rows: number[]): Split {
  rows.sort((a, b) => a - b);
  const out = { images: new Uint8Array(rows.length * PIXELS), labels: new Uint8Array(rows.length) };
  rows.forEach((row, i) => {
    out.images.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    out.labels[i] = labels[row] as number;
  });
  return out;
}
