import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/util/random.js';

const WORD = 0xffff_ffffn;
const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & WORD;

/** xoshiro128** as its authors write it (https://prng.di.unimi.it/xoshiro128starstar.c), from a state. */
function* xoshiro(state: readonly number[]): Generator<number> {
  const s = state.map(BigInt) as [bigint, bigint, bigint, bigint];
  for (;;) {
    const result = (rotl((s[1] * 5n) & WORD, 7n) * 9n) & WORD;
    const t = (s[1] << 9n) & WORD;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11n);
    yield Number(result);
  }
}

/** How far a mean of `n` values may lie from what is expected: five standard errors. */
const five = (deviation: number, n: number): number => (5 * deviation) / Math.sqrt(n);

function moments(n: number, draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: n }, draw);
  const mean = values.reduce((a, b) => a + b) / n;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n };
}

describe('random numbers', () => {
  it('are those of xoshiro128**, and the same in every version', () => {
    const rng = new Rng(7, 3);
    const published = xoshiro(rng.state);
    for (let i = 0; i < 1000; i++) expect(rng.uint32()).toBe(published.next().value);
    expect(new Rng(7, 3).state).toEqual([2385789092, 1520720738, 666994233, 2417049784]);
  });

  it('differ from seed to seed and from stream to stream', () => {
    const firsts = [-1, 0, 1, 2].flatMap((seed) => [0, 1, 2].map((stream) => new Rng(seed, stream).uint32()));
    expect(new Set(firsts).size).toBe(12);
    expect(new Rng(5).uint32()).toBe(new Rng(5, 0).uint32());
  });

  it('fill [0, 1), [low, high) and 0 to n - 1 evenly', () => {
    const rng = new Rng(1);
    const n = 50_000;
    const floats = moments(n, () => rng.float());
    expect(Math.abs(floats.mean - 1 / 2)).toBeLessThan(five(Math.sqrt(1 / 12), n));
    expect(floats.variance).toBeCloseTo(1 / 12, 2);
    const between = moments(n, () => rng.uniform(-3, 5));
    expect(Math.abs(between.mean - 1)).toBeLessThan(five(8 * Math.sqrt(1 / 12), n));
    expect(between.variance).toBeCloseTo(64 / 12, 0);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const value = rng.int(5);
      counts[value] = (counts[value] as number) + 1;
    }
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(count / n - 0.2)).toBeLessThan(five(0.4, n));
  });

  it('of a normal distribution have its moments, and both signs alike', () => {
    const rng = new Rng(2);
    const n = 50_000;
    const values = Array.from({ length: n }, () => rng.normal());
    const power = (p: number): number => values.reduce((sum, v) => sum + v ** p, 0) / n;
    expect(Math.abs(power(1))).toBeLessThan(five(1, n));
    expect(Math.abs(power(2) - 1)).toBeLessThan(five(Math.sqrt(2), n));
    expect(Math.abs(power(3))).toBeLessThan(five(Math.sqrt(15), n));
    expect(Math.abs(power(4) - 3)).toBeLessThan(five(Math.sqrt(96), n));
  });

  it.each([
    0.3, 1, 4.5,
  ])('of a gamma distribution of shape %d have its mean and variance, which are the shape', (shape) => {
    const rng = new Rng(3);
    const n = 50_000;
    const { mean, variance } = moments(n, () => rng.gamma(shape));
    expect(Math.abs(mean - shape)).toBeLessThan(five(Math.sqrt(shape), n));
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.15);
  });

  it('of a beta distribution lean to its larger parameter', () => {
    const rng = new Rng(4);
    const { mean, variance } = moments(50_000, () => rng.beta(2, 6));
    expect(mean).toBeCloseTo(2 / 8, 2);
    expect(variance).toBeCloseTo(12 / (64 * 9), 2);
    expect(moments(2000, () => rng.beta(1e-12, 3e-12)).mean).toBeCloseTo(1 / 4, 1); // both gammas are 0 in float64
  });
});

describe('a shuffle', () => {
  it('gives every order alike', () => {
    const rng = new Rng(9);
    const n = 48_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const order = rng.shuffle([0, 1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const deviation = Math.sqrt((1 / 24) * (23 / 24));
    for (const count of counts.values())
      expect(Math.abs(count / n - 1 / 24)).toBeLessThan(five(deviation, n));
  });

  it('is done in place', () => {
    const items = Uint32Array.of(1, 2, 3, 4, 5);
    expect(new Rng(1).shuffle(items)).toBe(items);
    expect([...items].sort()).toEqual([1, 2, 3, 4, 5]);
  });
});
