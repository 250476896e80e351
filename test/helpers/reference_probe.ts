import type { Network } from '../../src/nn/network.js';
import type { NamedArrays } from '../../src/nn/parameters.js';
import type { Arr } from '../../src/reference/arrays.js';
import { type ReferenceWeights, referenceLayers } from './reference_network.js';

/** Weights in float64. */
export const inDoubles = (weights: NamedArrays): ReferenceWeights =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

/** A weighted sum of one layer's outputs, in float64. */
export interface ReferenceSum {
  readonly network: Network;
  readonly weights: ReferenceWeights;
  readonly images: Arr;
  readonly count: number;
  /** Position of the layer. */
  readonly of: number;
  /** Weight of each element of its output. */
  readonly seed: ArrayLike<number>;
}

/** The sum, where the images or the output of the layer at `given` are as they are given. */
export function sumAt(s: ReferenceSum, given?: readonly [number, Arr]): number {
  const images = given?.[0] === -1 ? given[1] : s.images;
  const values = referenceLayers(s.network, s.weights, images, s.count, { given }).get(s.of) as Arr;
  return values.reduce((sum, value, i) => sum + value * (s.seed[i] as number), 0);
}

const STEP = 1e-6;

/**
 * Its derivative by central differences with respect to elements `at` of the images (position -1) or of a layer's output.
 * @param values those of the images or the output
 */
export function differences(s: ReferenceSum, position: number, values: Arr, at: readonly number[]): number[] {
  return at.map((i) => {
    const moved = (by: number): Float64Array => {
      const copy = Float64Array.from(values);
      copy[i] = (copy[i] as number) + by;
      return copy;
    };
    return (sumAt(s, [position, moved(STEP)]) - sumAt(s, [position, moved(-STEP)])) / (2 * STEP);
  });
}
