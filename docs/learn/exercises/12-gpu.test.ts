import { expect, it } from 'vitest';
import { winograd23 } from '../../../src/reference/winograd.js';

const direct = (d: readonly number[], g: readonly number[]): number[] =>
  [0, 1].map((o) => g.reduce((sum, tap, k) => sum + (d[o + k] as number) * tap, 0));

it.each([
  [
    [1, 2, 3, 4],
    [1, 2, 3],
  ],
  [
    [0.5, -1, 2, 8],
    [-3, 0.25, 1],
  ],
  [
    [0, 0, 0, 1],
    [5, 6, 7],
  ],
])('d = %j, g = %j: both outputs, with four multiplications', (d, g) => {
  let count = 0;
  const times = (a: number, b: number): number => {
    count++;
    return a * b;
  };
  const y = winograd23(d, g, times);
  direct(d, g).forEach((expected, o) => {
    expect(y[o]).toBeCloseTo(expected, 12);
  });
  expect(y).toHaveLength(2);
  expect(count).toBe(4);
});

it('takes the products from `times`', () => {
  expect(winograd23([1, 2, 3, 4], [1, 2, 3], () => 0)).toEqual([0, 0]);
});
