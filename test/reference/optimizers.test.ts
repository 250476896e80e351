import { expect, it } from 'vitest';
import { adamStep, rmspropStep, sgdStep } from '../../src/reference/optimizers.js';

const one = (v: number) => Float64Array.from([v]);

it('SGD with momentum, two steps by hand', () => {
  const w = one(1);
  const state = { velocity: one(0) };
  sgdStep(w, one(0.5), state, 0.1, 0.9, false); // v = -0.05
  expect(w[0]).toBeCloseTo(0.95, 12);
  sgdStep(w, one(0.5), state, 0.1, 0.9, false); // v = -0.045 - 0.05
  expect(w[0]).toBeCloseTo(0.855, 12);
});

it("Nesterov's momentum looks ahead", () => {
  const w = one(1);
  sgdStep(w, one(0.5), { velocity: one(0) }, 0.1, 0.9, true); // v = -0.05, w += 0.9 v - 0.05
  expect(w[0]).toBeCloseTo(0.905, 12);
});

it('RMSprop, one step by hand', () => {
  const w = one(1);
  const settings = { rho: 0.9, epsilon: 1e-7, momentum: 0, centered: false };
  rmspropStep(w, one(0.5), { square: one(0), average: one(0), velocity: one(0) }, 0.01, settings);
  expect(w[0]).toBeCloseTo(1 - (0.01 * 0.5) / Math.sqrt(0.025 + 1e-7), 12);
});

it("Adam's first step has the size of the learning rate", () => {
  const w = one(1);
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
  adamStep(w, one(0.5), { moment: one(0), square: one(0), largest: one(0) }, 0.01, 1, settings);
  expect(w[0]).toBeCloseTo(0.99, 6);
});
