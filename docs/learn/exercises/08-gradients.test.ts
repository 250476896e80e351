import { expect, it } from 'vitest';
import { preluBackward, preluForward } from '../../../src/reference/prelu.js';

/** Two places of three channels. */
const x = Float64Array.of(1, -2, 3, -4, 5, -6);
const a = Float64Array.of(0.5, 0.25, 0.1);
const dy = Float64Array.of(1, 2, 3, 4, 5, 6);

it('by hand', () => {
  expect([...preluForward(x, a)]).toEqual([1, -0.5, 3, -2, 5, -0.6000000000000001]);
  const { dx, da } = preluBackward(dy, x, a);
  expect([...dx].map((v) => Math.round(1e6 * v) / 1e6)).toEqual([1, 0.5, 3, 2, 5, 0.6]);
  expect([...da]).toEqual([-16, -4, -36]);
});

/** sum(y * dy), whose gradient with respect to y is dy. */
const loss = (xs: Float64Array, as: Float64Array): number =>
  preluForward(xs, as).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
const moved = (values: Float64Array, i: number, by: number): Float64Array => {
  const copy = values.slice();
  copy[i] = (copy[i] as number) + by;
  return copy;
};

it('both gradients agree with central differences', () => {
  const { dx, da } = preluBackward(dy, x, a);
  dx.forEach((d, i) => {
    expect(d).toBeCloseTo((loss(moved(x, i, 1e-4), a) - loss(moved(x, i, -1e-4), a)) / 2e-4, 8);
  });
  da.forEach((d, c) => {
    expect(d).toBeCloseTo((loss(x, moved(a, c, 1e-4)) - loss(x, moved(a, c, -1e-4))) / 2e-4, 8);
  });
});
