/** The arrays of the reference: float64, row-major. Their extents are passed separately. */
export type Arr = Float64Array;

/** Reads an element. An index out of range gives NaN, which makes the mistake visible. */
export const at = (a: ArrayLike<number>, i: number): number => a[i] ?? Number.NaN;

/** Adds to an element. */
export function bump(a: Arr, i: number, value: number): void {
  a[i] = at(a, i) + value;
}

/**
 * ||actual - expected|| / ||expected|| in the 2-norm, or ||actual|| when all expected values are 0. Infinity for NaN.
 * Throws RangeError when the lengths differ.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`expected ${expected.length} values, got ${actual.length}`);
  }
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (at(actual, i) - at(expected, i)) ** 2;
    size += at(expected, i) ** 2;
  }
  const error = size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** A number for height and width, or one for each. */
export type Pair = number | readonly [number, number];
export const both = (pair: Pair): readonly [number, number] =>
  typeof pair === 'number' ? [pair, pair] : pair;
