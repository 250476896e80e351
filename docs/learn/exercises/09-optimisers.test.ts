import { expect, it } from 'vitest';
import { adamStep } from '../../../src/reference/optimizers.js';

const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
/** A weight after `steps` steps. */
function after(steps: number, start: number, gradient: number, options: typeof settings & { decay?: number }): number {
  const w = Float64Array.of(start);
  const zeros = (): Float64Array => new Float64Array(1);
  const state = { moment: zeros(), square: zeros(), largest: zeros() };
  for (let t = 1; t <= steps; t++) adamStep(w, Float64Array.of(gradient), state, 0.1, t, options);
  return w[0] as number;
}

it('without decay it is Adam', () => {
  expect(after(5, 2, 0.5, { ...settings, decay: 0 })).toBe(after(5, 2, 0.5, settings));
});

it('without a gradient, the weight shrinks by 1 - lr * decay in every step', () => {
  expect(after(1, 2, 0, { ...settings, decay: 0.5 })).toBeCloseTo(2 * 0.95, 12);
  expect(after(10, 2, 0, { ...settings, decay: 0.5 })).toBeCloseTo(2 * 0.95 ** 10, 12);
});

it('with one, first the decay, then the step of Adam', () => {
  expect(after(1, 2, 0.5, { ...settings, decay: 0.5 })).toBeCloseTo(2 * 0.95 - 0.1, 5);
});
