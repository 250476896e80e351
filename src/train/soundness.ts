import { PREPROCESS, type PreprocessName } from '../data/preprocess.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';

/** The first array that holds NaN or an infinite value; undefined where all numbers are finite. */
export function firstNotFinite(arrays: NamedArrays): string | undefined {
  for (const [name, { data }] of arrays) if (!data.every(Number.isFinite)) return name;
  return undefined;
}

/** Throws RunError when the weights of a file cannot be those of a network: NaN, an infinite value, a variance below 0. */
export function requireSound(path: string, weights: NamedArrays): void {
  for (const [name, { data }] of weights) {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RunError(
        `${path}: weight ${name} holds ${data[bad]} at position ${bad}; expected numbers: the training diverged or the file is damaged, take an earlier checkpoint`,
      );
    }
    if (name.endsWith('variance') && !data.every((value) => value >= 0)) {
      throw new RunError(`${path}: damaged: the variance ${name} is below 0`);
    }
  }
}

/** The preprocessing that a file names. Throws RunError when there is none of this name. */
export function knownPreprocess(path: string, name: string): PreprocessName {
  const known = PREPROCESS.find((each) => each === name);
  if (known !== undefined) return known;
  throw new RunError(
    `${path}: damaged: its preprocessing is ${JSON.stringify(name)}; expected one of ${PREPROCESS.join(', ')}`,
  );
}
