import { PREPROCESS, type PreprocessName } from '../data/preprocess.js';
import { formatShape } from '../gpu/shape.js';
import type { Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';

/** The first array that holds NaN or an infinite value; undefined where all numbers are finite. */
export function firstNotFinite(arrays: NamedArrays): string | undefined {
  for (const [name, { data }] of arrays) if (!data.every(Number.isFinite)) return name;
  return undefined;
}

/** Variances, and what optimisers keep of squared gradients. */
const SQUARES = /variance$|^optimizer\/(square|largest)\//;

/** Throws RunError when the weights of a file cannot be those of a network: NaN, an infinite value, a variance below 0. */
export function requireSound(path: string, weights: NamedArrays): void {
  for (const [name, { data }] of weights) {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RunError(
        `${path}: weight ${name} holds ${data[bad]} at position ${bad}; expected numbers: the training diverged or the file is damaged, take an earlier checkpoint`,
      );
    }
    if (SQUARES.test(name) && !data.every((value) => value >= 0)) {
      throw new RunError(`${path}: damaged: ${name} is below 0; expected a variance or a mean of squares`);
    }
  }
}

/** Throws RunError unless a file has each weight of its network, in its shape, and no others. */
export function requireFitting(path: string, network: Network, weights: NamedArrays): void {
  const shapes = new Map(network.weights.map(({ name, shape }) => [name, formatShape(shape)]));
  for (const name of new Set([...shapes.keys(), ...weights.keys()])) {
    const [expected = 'no such weight', array] = [shapes.get(name), weights.get(name)];
    const found = array === undefined ? 'nothing' : formatShape(array.shape);
    if (found === expected) continue;
    throw new RunError(
      `${path}: damaged: weight ${name} does not fit ${network.name}, the network in the file: expected ${expected}, found ${found}`,
    );
  }
}

/** Largest value of a pixel. */
const WHITE = 255;

/** Throws RunError for a mean or a standard deviation that no training images have. */
export function requireMeasured(
  path: string,
  { mean, std }: { readonly mean?: Float32Array | undefined; readonly std?: Float32Array | undefined },
): void {
  for (const [what, values] of [
    ['mean of the training images', mean],
    ['standard deviation of the training images', std],
  ] as const) {
    const bad = values?.find((value) => !(value >= 0 && value <= WHITE));
    if (bad === undefined) continue;
    throw new RunError(`${path}: damaged: its ${what} holds ${bad}; expected numbers from 0 to ${WHITE}`);
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
