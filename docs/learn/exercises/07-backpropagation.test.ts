import { expect, it } from 'vitest';
import { Tape, Var } from '../../../src/nn/autograd.js';

const tapeOfNumbers = () => new Tape<number>({ add: (a, b) => a + b });

it('x * detach(x) is x squared, with half of its gradient', () => {
  const tape = tapeOfNumbers();
  const x = new Var(3, true, 'x');
  const fixed = tape.detach(x);
  const y = tape.record('mul', [x, fixed], x.value * fixed.value, (d) => [d * fixed.value, d * x.value]);
  tape.backward(y, 1);
  expect([y.value, x.grad, fixed.grad]).toEqual([9, 3, undefined]);
});

it('nothing before it gets a gradient through it', () => {
  const tape = tapeOfNumbers();
  const x = new Var(3, true, 'x');
  const doubled = tape.record('double', [x], 6, (d) => [2 * d]);
  const y = tape.record('square', [tape.detach(doubled)], 36, (d) => [12 * d]);
  tape.backward(y, 1);
  expect([y.needsGrad, doubled.grad, x.grad]).toEqual([false, undefined, undefined]);
});

it('the variable itself is left alone', () => {
  const tape = tapeOfNumbers();
  const x = new Var(3, true, 'x');
  tape.detach(x);
  const y = tape.record('double', [x], 6, (d) => [2 * d]);
  tape.backward(y, 1);
  expect(x.grad).toBe(2);
});
