/** Numbers that can be swapped in place: an array or a typed array. */
export interface NumberList {
  /** How many. */
  readonly length: number;
  [i: number]: number;
}

/**
 * Seeded random numbers for the host: weight initialisation, shuffles, augmentation, drawn faces.
 *
 * xoshiro128** (Blackman & Vigna, 2018) seeded through splitmix32. The same seed and stream give the same
 * sequence on every machine. Not for cryptography. Dropout has its own counter-based numbers on the device, in dropout.wgsl.
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed any integer @param stream separates uses: the sequences of (seed, 0) and (seed, 1) are unrelated */
  constructor(seed: number, stream = 0) {
    let x = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul((stream + 1) | 0, 0x85ebca6b)) >>> 0;
    const next = (): number => {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    [this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next()];
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const result = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotl(this.#d, 11);
    return result;
  }

  /** A number in [0, 1) with 32 random bits. */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** An integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** A number of the standard normal distribution (Box-Muller, one value per call). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float());
  }

  /** A number in [0, 1] of the beta distribution. */
  beta(a: number, b: number): number {
    const [x, y] = [this.gamma(a), this.gamma(b)];
    // If a and b are tiny, both can underflow to 0; then either end of the interval is a valid draw.
    return x + y > 0 ? x / (x + y) : Number(this.float() < a / (a + b));
  }

  /** A number above 0 of the gamma distribution with this shape and scale 1 (Marsaglia & Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.float()) ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.float()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends NumberList>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const held = items[i] as number;
      items[i] = items[j] as number;
      items[j] = held;
    }
    return items;
  }

  /** The four state words, enough to continue the sequence elsewhere. */
  get state(): number[] {
    return [this.#a, this.#b, this.#c, this.#d].map((word) => word >>> 0);
  }
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** PCG's output permutation, a hash of 32 bits to 32 bits (O'Neill 2014). shaders/parts/pcg.wgsl has it on the device. */
export function pcg(v: number): number {
  const state = (Math.imul(v, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}
