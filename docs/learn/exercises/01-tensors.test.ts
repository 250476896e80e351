import { expect, it } from 'vitest';
import { stridesOf } from '../../../src/gpu/shape.js';

it.each([
  [
    [2, 3, 4, 5],
    [60, 20, 5, 1],
  ],
  [
    [28, 24, 24, 32],
    [18432, 768, 32, 1],
  ],
  [[7], [1]],
  [[], []],
])('the strides of %j are %j', (shape, strides) => {
  expect(stridesOf(shape)).toEqual(strides);
});

it('an element is where the sum of its position times the strides says', () => {
  const strides = stridesOf([2, 48, 48, 3]);
  const position = [1, 20, 24, 2];
  const index = position.reduce((sum, p, axis) => sum + p * (strides[axis] ?? Number.NaN), 0);
  expect(index).toBe(((1 * 48 + 20) * 48 + 24) * 3 + 2);
});
