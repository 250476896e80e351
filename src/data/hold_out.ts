import { Rng } from '../util/random.js';
import { labelsLike } from './labels.js';
import { pickRows, rowsOfClasses } from './rows.js';
import { PIXELS } from './split_builder.js';
import type { Dataset } from './types.js';

/**
 * Decides which images are held out. It does not depend on the seed of a training: networks of all seeds are then measured on
 * the same images, and none has seen them.
 */
export const HELD_OUT_SEED = 7;

/** Share of the training images that becomes validation data when the source has none. */
const HELD_OUT = 0.1;

/**
 * Makes sure that a data set has validation images. If it has none, a tenth of the training images of each class is held out,
 * and the name says so. The test set is never used for this: it would become worthless. A data set with too few images is
 * returned unchanged.
 * @param seed another one only for runs of earlier versions, where it was that of the training
 */
export function holdOut(dataset: Dataset, seed = HELD_OUT_SEED): Dataset {
  const { train, validation, test } = dataset.splits;
  if (validation.labels.length > 0) return dataset;
  const kept: number[] = [];
  const held: number[] = [];
  rowsOfClasses(train, dataset.classes.length).forEach((rows, label) => {
    new Rng(seed, label).shuffle(rows);
    const count = Math.round(rows.length * HELD_OUT);
    held.push(...rows.slice(0, count));
    kept.push(...rows.slice(count));
  });
  if (held.length === 0) return dataset;
  const splits = { train: pickRows(train, kept), validation: pickRows(train, held), test };
  const inOrder = (rows: readonly number[]): number[] => rows.toSorted((a, b) => a - b);
  return {
    ...dataset,
    ...{ name: `${dataset.name}, 10 % of train held out as validation`, splits },
    heldOut: { train: inOrder(kept), validation: inOrder(held) },
  };
}

/** The data set as its source has it: held-out images are training images again, in their places. Without targets. */
export function asInSource(dataset: Dataset): Dataset {
  const { heldOut, splits, ...rest } = dataset;
  if (heldOut === undefined) return dataset;
  const count = heldOut.train.length + heldOut.validation.length;
  const images = new Uint8Array(count * PIXELS);
  const labels = labelsLike(splits.train.labels, count);
  for (const name of ['train', 'validation'] as const) {
    heldOut[name].forEach((row, at) => {
      images.set(splits[name].images.subarray(at * PIXELS, (at + 1) * PIXELS), row * PIXELS);
      labels[row] = splits[name].labels[at] as number;
    });
  }
  return {
    ...rest,
    splits: { train: { images, labels }, validation: pickRows(splits.train, []), test: splits.test },
  };
}
