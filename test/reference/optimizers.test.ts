import { expect, it } from 'vitest';
import { adamStep, decayStep, rmspropStep, sgdStep } from '../../src/reference/optimizers.js';

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

it.each([
  ['adam', [0.9559917449951172, -1.9992331266403198, 2.9843077659606934]],
  ['sgd', [0.9755893349647522, -1.9891207218170166, 2.9836809635162354]],
  ['rmsprop', [0.8994345664978027, -2.0557916164398193, 3.0408666133880615]],
])('weight decay of %s moves weights as Keras 3.15 does', (name, want) => {
  // Three steps from (1, -2, 3) with t (0.1, 0.2, -0.3) as gradient of step t, weight_decay 0.5, learning rate 0.01.
  const w = Float64Array.of(1, -2, 3);
  const zeros = () => new Float64Array(3);
  const [moment, square, largest, velocity, average] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
  const rmsprop = { rho: 0.9, epsilon: 1e-7, momentum: 0, centered: false };
  for (let t = 1; t <= 3; t++) {
    const g = Float64Array.of(0.1 * t, 0.2 * t, -0.3 * t);
    decayStep(w, 0.01, 0.5);
    if (name === 'adam') adamStep(w, g, { moment, square, largest }, 0.01, t, adam);
    if (name === 'sgd') sgdStep(w, g, { velocity }, 0.01, 0.9, false);
    if (name === 'rmsprop') rmspropStep(w, g, { square, average, velocity }, 0.01, rmsprop);
  }
  for (const [i, value] of want.entries()) expect(Math.abs((w[i] as number) - value)).toBeLessThan(1e-6);
});
