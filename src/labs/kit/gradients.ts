import type { NamedArray } from '../../nn/parameters.js';

/** Root of the mean square of a gradient: its size per weight, whatever the number of weights. NaN without a gradient. */
export function rootMeanSquare(gradient: NamedArray | undefined): number {
  if (gradient === undefined) return Number.NaN;
  const squares = gradient.data.reduce((sum, g) => sum + g * g, 0);
  return Math.sqrt(squares / gradient.data.length);
}
