import { describe, expect, it } from 'vitest';
import { expectShape, formatShape, nhwc, sizeOf, windowOf } from '../../src/gpu/shape.js';

describe('shapes', () => {
  it('have the product of their extents as size', () => {
    expect([sizeOf([]), sizeOf([5]), sizeOf([2, 3, 4]), sizeOf([2, 0])]).toEqual([1, 5, 24, 0]);
    expect(formatShape([2, 3])).toBe('[2, 3]');
  });

  it('are compared by rank and extents; null allows any', () => {
    expectShape('op', 'rule', [2, 3], [null, 3]);
    expectShape('op', 'rule', [0], [0]);
    for (const got of [[2, 4], [2], [2, 3, 1], []]) {
      expect(() => expectShape('op', 'the rule', got, [null, 3])).toThrow(
        `op: the rule; expected [*, 3], got [${got.join(', ')}]`,
      );
    }
    expect(() => expectShape('op', 'rule', [2], [0])).toThrow('expected [0], got [2]');
  });

  it('of images are [B, H, W, C]', () => {
    expect(nhwc('op', [2, 3, 4, 5])).toEqual({ b: 2, h: 3, w: 4, c: 5 });
    expect(() => nhwc('op', [3, 4, 5])).toThrow('op: input is NHWC; expected [*, *, *, *], got [3, 4, 5]');
  });
});

describe('a window', () => {
  /** How many windows lie within an axis, found by trying every position. */
  const counted = (n: number, k: number, s: number): number => {
    let count = 0;
    for (let start = 0; start + k <= n; start += s) count++;
    return count;
  };

  it('that is valid lies within the image at every position', () => {
    for (let n = 1; n <= 9; n++)
      for (let k = 1; k <= n; k++)
        for (let s = 1; s <= 4; s++)
          expect(windowOf('op', n, k, s, 'valid'), `${n} ${k} ${s}`).toEqual({
            out: counted(n, k, s),
            before: 0,
          });
    expect(() => windowOf('pool', 2, 3, 1, 'valid')).toThrow(
      'pool: a valid window must fit into the input; expected extent >= 3, got 2',
    );
  });

  it('with padding `same` starts once per stride, with the fewest zeros, the smaller half first', () => {
    for (let n = 1; n <= 9; n++)
      for (let k = 1; k <= 6; k++)
        for (let s = 1; s <= 4; s++) {
          const { out, before } = windowOf('op', n, k, s, 'same');
          let starts = 0;
          for (let x = 0; x < n; x += s) starts++;
          expect(out).toBe(starts);
          let zeros = 0; // the fewest for which that many windows fit
          while (counted(n + zeros, k, s) < out) zeros++;
          expect(before, `${n} ${k} ${s}`).toBe(zeros >> 1);
        }
  });
});
