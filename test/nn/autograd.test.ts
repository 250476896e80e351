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

it('gives no gradient to an input that needs none, beside one that does', () => {
  const tape = tapeOfNumbers();
  const [data, w] = [new Var(2, false, 'data'), new Var(3, true, 'w')];
  const y = tape.record('mul', [data, w], 6, (d) => [d * 3, d * 2]);
  tape.backward(y, 1);
  expect([data.grad, w.grad]).toEqual([undefined, 2]);
});

it('reaches what was used first last, adds in that order, and releases what it is done with', () => {
  const log: string[] = [];
  const tape = new Tape<string>({
    add: (a, b) => `${a}+${b}`,
    release: (value) => void log.push(value),
    label: (op) => `the ${op}`,
    around: (label, body) => {
      log.push(`> ${label}`);
      return body();
    },
  });
  const x = new Var('x', true, 'x');
  const a = tape.record('first', [x], 'a', (d) => [`${d}a`]);
  const b = tape.record('second', [a], 'b', (d) => [`${d}b`]);
  const unused = tape.record('idle', [a], 'u', () => ['never']);
  const c = tape.record('third', [a, b], 'c', (d) => [`${d}1`, `${d}2`]);
  tape.backward(c, 'd');
  expect(a.grad).toBe('d1+d2b');
  expect(x.grad).toBe('d1+d2ba');
  expect([a.label, unused.grad, c.grad]).toEqual(['the first', undefined, 'd']);
  expect(log).toEqual([
    ...['> the third', 'd', 'c', 'u'],
    ...['> the second', 'd2', 'b'],
    ...['> the first', 'd1+d2b', 'a'],
  ]);
});

it('ends at a value if told so, whose gradient is then complete', () => {
  const tape = tapeOfNumbers();
  const x = new Var(2, true, 'x');
  const y = tape.record('square', [x], 4, (d) => [4 * d]);
  const z = tape.record('triple', [y], 12, (d) => [3 * d]);
  tape.backward(
    tape.record('add', [y, z], 16, (d) => [d, d]),
    1,
    y,
  );
  expect([y.grad, x.grad]).toEqual([4, undefined]);
});
