import { expect, it } from 'vitest';
import { eraseSquare } from '../../../src/data/augment.js';
import { Rng } from '../../../src/util/random.js';

const gradient = (): Float32Array => Float32Array.from({ length: 48 * 48 }, (_, i) => i);

/** Rows and columns of the pixels that changed, and what they became. */
function erased(edge: number, seed: number): { rows: Set<number>; columns: Set<number>; count: number; values: Set<number> } {
  const image = gradient();
  eraseSquare(image, edge, new Rng(seed));
  const changed = [...image.keys()].filter((i) => image[i] !== i);
  return {
    rows: new Set(changed.map((i) => Math.floor(i / 48))),
    columns: new Set(changed.map((i) => i % 48)),
    count: changed.length,
    values: new Set(changed.map((i) => image[i] as number)),
  };
}

it('a square of its size becomes the mean of the image', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { rows, columns, count, values } = erased(10, seed);
    expect([rows.size, columns.size, count]).toEqual([10, 10, 100]);
    expect([...values]).toEqual([(48 * 48 - 1) / 2]);
  }
});

it('it lies anywhere, and never over the edge', () => {
  const tops = Array.from({ length: 200 }, (_, seed) => Math.min(...erased(40, seed).rows));
  const lefts = Array.from({ length: 200 }, (_, seed) => Math.min(...erased(40, seed).columns));
  expect([...new Set(tops)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...new Set(lefts)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

it('a square as large as the image leaves one brightness', () => {
  const image = gradient();
  eraseSquare(image, 48, new Rng(1));
  expect(new Set(image).size).toBe(1);
});
