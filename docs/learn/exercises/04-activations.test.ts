import { expect, it } from 'vitest';
import { activationBackward, activationForward } from '../../../src/reference/activations.js';

const softplus = (x: number): number => activationForward('softplus', Float64Array.of(x), {})[0] as number;
const slope = (x: number): number =>
  activationBackward('softplus', Float64Array.of(1), Float64Array.of(x), {})[0] as number;

it('softplus(0) is ln 2, and its slope there is one half', () => {
  expect(softplus(0)).toBeCloseTo(Math.LN2, 12);
  expect(slope(0)).toBeCloseTo(0.5, 12);
});

it('for large numbers it is the number itself, for very negative ones nearly 0, and never infinite', () => {
  expect(softplus(1000)).toBe(1000);
  expect(softplus(-1000)).toBe(0);
  expect(softplus(-40)).toBeCloseTo(4.248354255291589e-18, 30);
  expect([slope(1000), slope(-1000)]).toEqual([1, 0]);
});

it.each([-3, -0.5, 0.2, 4])('the slope at %d is that of the values', (x) => {
  expect(slope(x)).toBeCloseTo((softplus(x + 1e-5) - softplus(x - 1e-5)) / 2e-5, 8);
});
