import { expect, it } from 'vitest';
import { learntSwishBackward, learntSwishForward } from '../../../src/reference/learnt_swish.js';

/** Two places of three channels. */
const x = Float64Array.of(1, -2, 3, -4, 5, -6);
const a = Float64Array.of(0.5, 0.25, 0.1);
const dy = Float64Array.of(1, 2, 3, 4, 5, 6);

it('by hand: at a = 0 the sigmoid is 1 / 2, and its slope 1 / 4', () => {
  const flat = Float64Array.of(0, 0, 0);
  expect([...learntSwishForward(x, flat)]).toEqual([0.5, -1, 1.5, -2, 2.5, -3]);
  const { dx, da } = learntSwishBackward(dy, x, flat);
  expect([...dx]).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
  expect([...da]).toEqual([16.25, 33.25, 60.75]);
});

/** sum(y * dy), whose gradient with respect to y is dy. */
const loss = (xs: Float64Array, as: Float64Array): number =>
  learntSwishForward(xs, as).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
const moved = (values: Float64Array, i: number, by: number): Float64Array => {
  const copy = values.slice();
  copy[i] = (copy[i] as number) + by;
  return copy;
};

it('both gradients agree with central differences', () => {
  const { dx, da } = learntSwishBackward(dy, x, a);
  dx.forEach((d, i) => {
    expect(d).toBeCloseTo((loss(moved(x, i, 1e-5), a) - loss(moved(x, i, -1e-5), a)) / 2e-5, 6);
  });
  da.forEach((d, c) => {
    expect(d).toBeCloseTo((loss(x, moved(a, c, 1e-5)) - loss(x, moved(a, c, -1e-5))) / 2e-5, 6);
  });
});
