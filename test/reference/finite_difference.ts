import { expect } from 'vitest';
import { Rng } from '../../src/util/random.js';

/** n random values away from 0. */
export function values(n: number, seed: number): Float64Array {
  const rng = new Rng(seed);
  return Float64Array.from({ length: n }, () => (rng.float() < 0.5 ? -1 : 1) * rng.uniform(0.05, 1));
}

/** Central differences of a scalar function by every element of x. */
export function numericGradient(x: Float64Array, f: () => number, h = 1e-5): Float64Array {
  return x.map((v, i) => {
    x[i] = v + h;
    const above = f();
    x[i] = v - h;
    const below = f();
    x[i] = v;
    return (above - below) / (2 * h);
  });
}

/** sum(y * dy): a scalar whose gradient by y is dy. */
export function weighted(y: ArrayLike<number>, dy: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += (y[i] as number) * (dy[i] as number);
  return sum;
}

/** Fails at the first element that differs, with both numbers. */
export function expectGradient(name: string, analytic: ArrayLike<number>, numeric: ArrayLike<number>): void {
  expect(analytic.length).toBe(numeric.length);
  for (let i = 0; i < numeric.length; i++) {
    const [a, n] = [analytic[i] as number, numeric[i] as number];
    const ok = Math.abs(a - n) <= 1e-6 * Math.max(1, Math.abs(n));
    expect(ok, `${name}[${i}]: analytic ${a}, numeric ${n}`).toBe(true);
  }
}
