import { expect, it } from 'vitest';
import {
  binaryPatterns,
  binOf,
  patternHistograms,
  restoreGray,
} from '../../src/reference/local_binary_patterns.js';

/** A test of the definition itself, by what Ojala et al. (2002) say and by images that can be checked by hand. */

const bitsOf = (code: number): boolean[] => Array.from({ length: 8 }, (_, k) => ((code >> k) & 1) === 1);

it('58 of the 256 patterns are uniform, and each has a bin of its own', () => {
  const bins = Array.from({ length: 256 }, (_, code) => binOf(bitsOf(code)));
  const uniform = bins.filter((bin) => bin !== 58);
  expect(uniform.length).toBe(58);
  expect(new Set(uniform)).toEqual(new Set(Array.from({ length: 58 }, (_, bin) => bin)));
  expect(binOf(bitsOf(0b00000110))).toBe(1 + 8 * 1 + 1);
  expect(binOf(bitsOf(0b10000001))).toBe(1 + 8 * 1 + 7); // a run across the end
  expect(binOf(bitsOf(0b00000101))).toBe(58);
});

const patterns = (rows: readonly (readonly number[])[], radius = 1): number[] => {
  const shape = { b: 1, h: rows.length, w: rows[0]?.length ?? 0, radius, cells: 1 };
  return [...binaryPatterns(Float64Array.from(rows.flat()), shape)];
};

it('a spot, a flat place and an edge', () => {
  expect(
    patterns([
      [0, 0, 0],
      [0, 9, 0],
      [0, 0, 0],
    ]),
  ).toEqual([0]);
  expect(
    patterns([
      [9, 9, 9],
      [9, 9, 9],
      [9, 9, 9],
    ]),
  ).toEqual([57]);
  // The right side is brighter: the neighbours at 315, 0 and 45 degrees. Those at 90 and 270 are equal, which counts too.
  expect(
    patterns([
      [0, 5, 9],
      [0, 5, 9],
      [0, 5, 9],
    ]),
  ).toEqual([1 + 8 * 4 + 6]);
  // Row 0 is the upper one: the neighbours at 45, 90 and 135 degrees.
  expect(
    patterns([
      [9, 9, 9],
      [0, 5, 0],
      [0, 0, 0],
    ]),
  ).toEqual([1 + 8 * 2 + 1]);
});

it('a diagonal neighbour lies between four pixels', () => {
  // Half of the corner pixel counts, and more than a quarter of its neighbours: 2.9 for a 4, 3.4 for a 5.
  const corner = (level: number) =>
    patterns([
      [0, 0, level],
      [0, 3, 3],
      [0, 0, 0],
    ]);
  expect(corner(4)).toEqual([1 + 8 * 0 + 0]);
  expect(corner(5)).toEqual([1 + 8 * 1 + 0]);
});

it('light and contrast change nothing', () => {
  const rows = Array.from({ length: 9 }, (_, y) =>
    Array.from({ length: 9 }, (__, x) => (x * x * 7 + y * 13 * x) % 90),
  );
  for (const radius of [1, 2]) {
    expect(
      patterns(
        rows.map((row) => row.map((v) => 2 * v + 40)),
        radius,
      ),
    ).toEqual(patterns(rows, radius));
  }
});

it('preprocessing is undone exactly', () => {
  const gray = Float64Array.from({ length: 256 }, (_, i) => i);
  const mean = Float64Array.of(131.7, 12.25);
  const images = Float64Array.from(Float32Array.from(gray, (v, i) => (v - (mean[i % 2] as number)) / 255));
  expect(restoreGray(images, mean, 255)).toEqual(gray);
});

it('the shares of a cell add up to 1, whatever the grid', () => {
  const shape = { b: 2, h: 12, w: 11, radius: 2, cells: 3 };
  const gray = Float64Array.from({ length: 2 * 12 * 11 }, (_, i) => (i * i * 31) % 256);
  const shares = patternHistograms(binaryPatterns(gray, shape), shape);
  expect(shares.length).toBe(2 * 9 * 59);
  for (let cell = 0; cell < 18; cell++)
    expect(shares.subarray(59 * cell, 59 * cell + 59).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});
