import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Rng } from '../util/random.js';

/** Initial values of a weight, by Keras's names: https://keras.io/api/layers/initializers/ */
export type Initializer = 'glorot_uniform' | 'he_normal' | 'zeros' | 'ones';

/** Initial values that were measured, such as those of the training images. */
export type GivenValues = Float32Array;

/** fan_in and fan_out of a dense [IC, OC] or convolution [KH, KW, IC, OC] weight, as Keras counts them. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const receptive = sizeOf(shape.slice(0, -2));
  return { fanIn: receptive * (shape.at(-2) ?? 1), fanOut: receptive * (shape.at(-1) ?? 1) };
}

/** Standard deviation of a standard normal truncated at two sigma. Keras divides by it. */
const TRUNCATED_SIGMA = 0.87962566103423978;

/**
 * Initial values for a weight of `shape`.
 * glorot_uniform: U(+-sqrt(6 / (fan_in + fan_out))), Glorot & Bengio 2010.
 * he_normal: normal with sigma = sqrt(2 / fan_in) / 0.8796..., truncated at two sigma, He et al. 2015.
 */
export function initialize(kind: Initializer | GivenValues, shape: Shape, rng: Rng): Float32Array {
  if (typeof kind !== 'string') return kind.slice();
  const values = new Float32Array(sizeOf(shape));
  const { fanIn, fanOut } = fans(shape);
  switch (kind) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'glorot_uniform': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return values.map(() => rng.uniform(-limit, limit));
    }
    case 'he_normal': {
      const sigma = Math.sqrt(2 / fanIn) / TRUNCATED_SIGMA;
      return values.map(() => {
        for (;;) {
          const z = rng.normal();
          if (Math.abs(z) < 2) return z * sigma;
        }
      });
    }
  }
}
