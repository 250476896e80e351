import { Rng } from '../util/random.js';

/**
 * Sobol's sequence (1967): points that fill a cube more evenly than random ones do. Of the first 2^k points, exactly one lies
 * in each of 2^k equal slices along every dimension.
 *
 * Primitive polynomials over GF(2), their bits from the highest power to the constant, and the first direction numbers, as
 * published by Joe & Kuo (2008), Constructing Sobol sequences with better two-dimensional projections, for dimensions 2 to 40.
 */
// biome-ignore format: one dimension a line is easier to compare with the publication
const JOE_KUO: readonly (readonly [polynomial: number, ...first: number[]])[] = [
  [3, 1],
  [7, 1, 3],
  [11, 1, 3, 1],
  [13, 1, 1, 1],
  [19, 1, 1, 3, 3],
  [25, 1, 3, 5, 13],
  [37, 1, 1, 5, 5, 17],
  [41, 1, 1, 5, 5, 5],
  [47, 1, 1, 7, 11, 19],
  [55, 1, 1, 5, 1, 1],
  [59, 1, 1, 1, 3, 11],
  [61, 1, 3, 5, 5, 31],
  [67, 1, 3, 3, 9, 7, 49],
  [91, 1, 1, 1, 15, 21, 21],
  [97, 1, 3, 1, 13, 27, 49],
  [103, 1, 1, 1, 15, 7, 5],
  [109, 1, 3, 1, 15, 13, 25],
  [115, 1, 1, 5, 5, 19, 61],
  [131, 1, 3, 7, 11, 23, 15, 103],
  [137, 1, 3, 7, 13, 13, 15, 69],
  [143, 1, 1, 3, 13, 7, 35, 63],
  [145, 1, 3, 5, 9, 1, 25, 53],
  [157, 1, 3, 1, 13, 9, 35, 107],
  [167, 1, 3, 1, 5, 27, 61, 31],
  [171, 1, 1, 5, 11, 19, 41, 61],
  [185, 1, 3, 5, 3, 3, 13, 69],
  [191, 1, 1, 7, 13, 1, 19, 1],
  [193, 1, 3, 7, 5, 13, 19, 59],
  [203, 1, 1, 3, 9, 25, 29, 41],
  [211, 1, 3, 5, 13, 23, 1, 55],
  [213, 1, 3, 7, 3, 13, 59, 17],
  [229, 1, 3, 1, 3, 5, 53, 69],
  [239, 1, 1, 5, 5, 23, 33, 13],
  [241, 1, 1, 7, 7, 1, 61, 123],
  [247, 1, 1, 7, 9, 13, 61, 49],
  [253, 1, 3, 3, 5, 3, 55, 33],
  [285, 1, 3, 1, 15, 31, 13, 49, 245],
  [299, 1, 3, 5, 15, 31, 59, 63, 97],
  [301, 1, 3, 1, 11, 11, 11, 77, 249],
];

/** The most dimensions that a sequence can have. */
export const SOBOL_DIMENSIONS = JOE_KUO.length + 1;

const BITS = 32;

/** Sobol's sequence as published; its point 0 is the origin. */
export class Sobol {
  readonly #directions: readonly Uint32Array[];

  /** @param dimensions from 1 to SOBOL_DIMENSIONS. Throws RangeError for others. */
  constructor(dimensions: number) {
    if (!(dimensions >= 1 && dimensions <= SOBOL_DIMENSIONS)) {
      throw new RangeError(`${dimensions} dimensions; Sobol's sequence is here for 1 to ${SOBOL_DIMENSIONS}`);
    }
    this.#directions = Array.from({ length: dimensions }, (_, d) => directionsOf(d));
  }

  /** @param index from 0 @returns one number per dimension, in units of 2^-32 */
  bits(index: number): Uint32Array {
    const gray = (index ^ (index >>> 1)) >>> 0;
    return Uint32Array.from(this.#directions, (directions) =>
      directions.reduce((x, direction, bit) => ((gray >>> bit) & 1 ? x ^ direction : x), 0),
    );
  }
}

/**
 * A randomly scrambled Sobol sequence, which fills the cube as evenly: Owen's nested uniform scrambling (1995), by the hash of
 * Burley (2020), Practical hash-based Owen scrambling, listing 1.
 */
export class ScrambledSobol {
  readonly #sobol: Sobol;
  readonly #seeds: readonly number[];

  /** @param dimensions from 1 to SOBOL_DIMENSIONS. Throws RangeError for others. @param seed the seed of the scrambling */
  constructor(dimensions: number, seed: number) {
    const rng = new Rng(seed);
    this.#sobol = new Sobol(dimensions);
    this.#seeds = Array.from({ length: dimensions }, () => rng.uint32());
  }

  /** @param index from 0 @returns a point of [0, 1)^dimensions */
  point(index: number): number[] {
    const bits = this.#sobol.bits(index);
    return this.#seeds.map((seed, d) => owen(bits[d] ?? 0, seed) / 2 ** BITS);
  }
}

/** The direction numbers of a dimension (from 0), each with its first bit in the highest place. */
function directionsOf(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  const [polynomial, ...first] = JOE_KUO[dimension - 1] ?? [1];
  const degree = first.length;
  for (let i = 0; i < BITS; i++) {
    const shift = BITS - 1 - i;
    if (degree === 0)
      v[i] = 2 ** shift; // the first dimension: van der Corput's sequence
    else if (i < degree) v[i] = (first[i] ?? 0) * 2 ** shift;
    else {
      const back = v[i - degree] ?? 0;
      let x = back ^ (back >>> degree);
      for (let k = 1; k < degree; k++) if ((polynomial >>> (degree - k)) & 1) x ^= v[i - k] ?? 0;
      v[i] = x;
    }
  }
  return v;
}

/** Flips each bit or not, depending on the bits above it. */
function owen(bits: number, seed: number): number {
  let x = reversed(bits);
  x ^= Math.imul(x, 0x3d20adea);
  x += seed;
  x = Math.imul(x, (seed >>> 16) | 1);
  x ^= Math.imul(x, 0x05526c56);
  x ^= Math.imul(x, 0x53a22864);
  return reversed(x);
}

function reversed(bits: number): number {
  let x = 0;
  for (let i = 0; i < BITS; i++) x = (x << 1) | ((bits >>> i) & 1);
  return x >>> 0;
}
