import { expect, it } from 'vitest';
import { bySize, grow, iou, mirrorBox, overlap, roundBox } from '../../src/vision/geometry.js';
import { isInside } from '../../src/vision/region.js';

// Wider than high, and away from the diagonal, so that nothing can take an x for a y or a width for a height.
const BOX = { x: 10, y: 30, width: 20, height: 8 };

it('two boxes share the part in which they overlap, and nothing where they only touch', () => {
  const other = { x: 25, y: 26, width: 40, height: 10 };
  expect(overlap(BOX, other)).toBe(5 * 6);
  expect(overlap(other, BOX)).toBe(5 * 6);
  expect(iou(BOX, other)).toBeCloseTo(30 / (160 + 400 - 30), 12);
  expect(iou(BOX, BOX)).toBe(1);
  for (const beside of [
    { ...BOX, x: 30 },
    { ...BOX, y: 38 },
    { ...BOX, x: -10 },
    { ...BOX, y: 22 },
  ]) {
    expect([overlap(BOX, beside), iou(BOX, beside)]).toEqual([0, 0]);
  }
});

it('a box grows by a share of its own width and height on every side, and shrinks by a negative one', () => {
  expect(grow(BOX, 0.25)).toEqual({ x: 5, y: 28, width: 30, height: 12 });
  expect(grow(BOX, -0.25)).toEqual({ x: 15, y: 32, width: 10, height: 4 });
});

it('a mirrored box lies as far from the right edge as it lay from the left one, and keeps what else is known', () => {
  expect(mirrorBox(BOX, 100)).toEqual({ x: 70, y: 30, width: 20, height: 8 });
  expect(mirrorBox(mirrorBox(BOX, 100), 100)).toEqual(BOX);
});

it('a rounded box has whole pixels in each of its numbers', () => {
  expect(roundBox({ x: 1.6, y: 2.4, width: 3.5, height: 4.2 })).toEqual({ x: 2, y: 2, width: 4, height: 4 });
});

it('boxes are sorted by their area, the largest first, then from left to right, then from top to bottom', () => {
  const sorted = [
    { x: 9, y: 9, width: 5, height: 20 },
    { x: 1, y: 8, width: 30, height: 2 },
    { x: 4, y: 2, width: 2, height: 30 },
    { x: 4, y: 3, width: 6, height: 10 },
    { x: 0, y: 0, width: 7, height: 7 },
  ];
  expect([4, 2, 0, 3, 1].map((i) => sorted[i] as (typeof sorted)[0]).sort(bySize)).toEqual(sorted);
});

it('a box is inside a region if its middle is: the left and upper edges belong to a region, the right and lower ones do not', () => {
  const region = { x: 20, y: 34, width: 30, height: 5 }; // the middle of BOX is its corner
  expect(isInside(BOX, region)).toBe(true);
  expect(isInside(BOX, { ...region, x: 20.5 })).toBe(false);
  expect(isInside(BOX, { ...region, y: 34.5 })).toBe(false);
  expect(isInside(BOX, { ...region, x: -10 })).toBe(false); // it ends where the middle is
  expect(isInside(BOX, { ...region, x: -9.5 })).toBe(true);
  expect(isInside(BOX, { ...region, y: 29 })).toBe(false);
  expect(isInside(BOX, { ...region, y: 29.5 })).toBe(true);
});
