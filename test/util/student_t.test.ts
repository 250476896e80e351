import { describe, expect, it } from 'vitest';
import { criticalT, twoSidedP } from '../../src/util/student_t.js';

// The expected values were computed with SciPy 1.17: stats.t.ppf and stats.t.sf.
describe("Student's t distribution", () => {
  it.each([
    [0.95, 1, 12.706204736174694],
    [0.95, 4, 2.7764451051977934],
    [0.95, 10, 2.228138851986274],
    [0.99, 9, 3.249835541592126],
    [0.9, 30, 1.697260886593957],
    [0.95, 200, 1.9718962236339088],
  ])('has %d of itself within the critical value of %d degrees of freedom', (confidence, df, expected) => {
    expect(criticalT(confidence, df)).toBeCloseTo(expected, 9);
  });

  it.each([
    [0.5, 1, 0.7048327646991335],
    [2.228, 10, 0.05001177181711132],
    [-3, 4, 0.03994196807171883],
    [8, 24, 3.156000607513214e-8],
    [1e-3, 7, 0.9992300172449988],
    [40, 3, 3.4380680789158506e-5],
    [1.96, 1e4, 0.05002352023183303],
  ])('lies beyond +-%d with %d degrees of freedom with the right probability', (t, df, expected) => {
    expect(twoSidedP(t, df) / expected).toBeCloseTo(1, 9);
  });

  it('lies beyond 0 always, beyond infinity never, and is none without degrees of freedom', () => {
    expect([twoSidedP(0, 3), twoSidedP(Infinity, 3), twoSidedP(-Infinity, 3)]).toEqual([1, 0, 0]);
    expect([twoSidedP(1, 0), twoSidedP(Number.NaN, 3), criticalT(0.95, 0)]).toEqual([NaN, NaN, NaN]);
  });
});
