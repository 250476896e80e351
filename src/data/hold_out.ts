import { Rng } from '../util/random.js';
import { pickRows, rowsOfClasses } from './rows.js';
import type { Dataset } from './types.js';

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
