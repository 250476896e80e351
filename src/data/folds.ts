import { DataError, UsageError } from '../util/errors.js';
import { Rng } from '../util/random.js';
import { duplicateFaces } from './facts.js';
import { pickRows, rowsOfClasses } from './rows.js';
import type { Dataset, Fold, Split } from './types.js';

/** Folds at most. */
export const MOST_FOLDS = 1000;

/** Reads `2/5`, the second of five folds. Throws UsageError like `fold = 6/5: expected ...`. */
export function parseFold(text: string, seed: number): Fold {
  const [number = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).slice(1).map(Number);
  if (of >= 2 && of <= MOST_FOLDS && number >= 1 && number <= of) return { number, of, seed };
  throw new UsageError(
    `fold = ${text}: expected NUMBER/FOLDS like 2/5, with 2 to ${MOST_FOLDS} folds and a number from 1 to that`,
  );
}

/**
 * The data set of one fold: its rows of the training images become the validation images, the other rows stay training images.
 * The validation and test images of the source are left out, so that nothing chosen by cross-validation has seen them.
 * Throws DataError when there are fewer training images than folds.
 */
export function foldOf(dataset: Dataset, { number, of, seed }: Fold): Dataset {
  const { train } = dataset.splits;
  if (train.labels.length < of) {
    throw new DataError(`${dataset.name}: ${train.labels.length} training images; ${of} folds need as many`);
  }
  const folds = foldsOf(train, dataset.classes.length, of, seed);
  const rows = Array.from(folds, (_, row) => row);
  const splits = {
    train: pickRows(
      train,
      rows.filter((row) => folds[row] !== number),
    ),
    validation: pickRows(
      train,
      rows.filter((row) => folds[row] === number),
    ),
    test: { images: new Uint8Array(0), labels: new Uint8Array(0) },
  };
  return { ...dataset, name: `${dataset.name}, fold ${number} of ${of} as validation`, splits };
}

/**
 * The number of the fold, 1 to `of`, that holds each row: [n]. Stratified: each fold has its share of every class. Identical images
 * share a fold, because a network that has seen a face does not predict its twin. Without identical images, the counts of a
 * class differ by at most one between folds, and so do the sizes of the folds.
 */
export function foldsOf(split: Split, classes: number, of: number, seed: number): Uint16Array {
  const twins = new Map<number, number[]>();
  for (const group of duplicateFaces({ splits: { train: split } })) {
    const rows = group.map(({ index }) => index);
    for (const row of rows) twins.set(row, rows);
  }
  const folds = new Uint16Array(split.labels.length);
  const sizes = new Array<number>(of).fill(0);
  rowsOfClasses(split, classes).forEach((rows, label) => {
    for (const row of new Rng(seed, label).shuffle(rows)) {
      if (folds[row] !== 0) continue; // its twin has decided
      const fold = sizes.indexOf(Math.min(...sizes)); // in turns, unless twins have filled one
      for (const twin of twins.get(row) ?? [row]) {
        folds[twin] = fold + 1;
        sizes[fold] = (sizes[fold] as number) + 1;
      }
    }
  });
  return folds;
}
