import { expect, it } from 'vitest';
import { Tape, Var } from '../../src/nn/autograd.js';

const tapeOfNumbers = () => new Tape<number>({ add: (a, b) => a + b });

it('differentiates x * y + x on plain numbers', () => {
  const tape = tapeOfNumbers();
  const [x, y] = [new Var(3, true, 'x'), new Var(4, true, 'y')];
  const product = tape.record('mul', [x, y], x.value * y.value, (d) => [d * y.value, d * x.value]);
  const sum = tape.record('add', [product, x], product.value + x.value, (d) => [d, d]);
  tape.backward(sum, 1);
  expect([sum.value, x.grad, y.grad]).toEqual([15, 5, 3]);
});

it('makes no gradient where none is needed', () => {
  const tape = tapeOfNumbers();
  const data = new Var(2, false, 'data');
  let asked = false;
  const y = tape.record('square', [data], 4, (d) => {
    asked = true;
    return [d * 4];
  });
  tape.backward(y, 1);
  expect(asked).toBe(false);
  expect(data.grad).toBeUndefined();
});

it('a missing gradient is an error that names the op', () => {
  const tape = tapeOfNumbers();
  const y = tape.record('floor', [new Var(2.5, true, 'x')], 2, undefined);
  expect(() => tape.backward(y, 1)).toThrow('floor (floor) has no gradient');
});
