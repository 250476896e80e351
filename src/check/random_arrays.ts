import { Rng } from '../util/random.js';

/** One random array: as float32 for the device, and the same values as float64 for the reference. */
export interface Twin {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Seeded random inputs for kernel checks. */
export class Inputs {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = new Rng(seed);
  }

  /** n values in [low, high), never within 0.01 of 0, where ReLU and ELU have their kinks. */
  floats(n: number, low = -1, high = 1): Twin {
    const f32 = Float32Array.from({ length: n }, () => {
      const v = this.#rng.uniform(low, high);
      return Math.abs(v) < 0.01 ? v + 0.02 : v;
    });
    return { f32, f64: Float64Array.from(f32) };
  }

  /** n values of the magnitude of a training step's gradients. */
  gradients(n: number): Twin {
    const f32 = this.floats(n).f32.map((v) => v * 2 ** -10);
    return { f32, f64: Float64Array.from(f32) };
  }

  /** n values drawn from a few, so that ties occur. */
  oneOf(n: number, values: readonly number[]): Twin {
    const f32 = Float32Array.from({ length: n }, () => values[this.#rng.int(values.length)] ?? 0);
    return { f32, f64: Float64Array.from(f32) };
  }

  /** The weights and moving averages of a batch norm, and the same as inputs for `compare`. */
  norm(channels: number) {
    const [gamma, beta, mean] = [this.floats(channels), this.floats(channels), this.floats(channels)];
    const variance = this.floats(channels, 0.5, 2);
    const tensor = ({ f32 }: Twin) => ({ data: f32, shape: [channels] });
    const tensors = {
      gamma: tensor(gamma),
      beta: tensor(beta),
      movingMean: tensor(mean),
      movingVariance: tensor(variance),
    };
    return { gamma, beta, mean, variance, tensors };
  }

  labels(n: number, classes: number): Uint32Array {
    return Uint32Array.from({ length: n }, () => this.#rng.int(classes));
  }
}
