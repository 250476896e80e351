import { describe, expect, it } from 'vitest';
import { compareScores } from '../../src/study/compare.js';
import { Rng } from '../../src/util/random.js';

const A = [0.612, 0.598, 0.634, 0.605, 0.621, 0.617, 0.589, 0.641, 0.6, 0.626];
const B = [0.601, 0.59, 0.615, 0.611, 0.602, 0.598, 0.585, 0.622, 0.604, 0.607];

describe('the corrected resampled t-test', () => {
  // Computed with SciPy 1.17: t = mean / sqrt((1/n + 1/(k-1)) * var(ddof=1)), p = 2 * stats.t.sf(|t|, n - 1).
  it('agrees with SciPy on five folds, twice', () => {
    const { difference, low, high, t, p, pairs } = compareScores(A, B, 5);
    expect(difference).toBeCloseTo(0.0108, 12);
    expect(low).toBeCloseTo(-0.0025205013686585547, 10);
    expect(high).toBeCloseTo(0.02412050136865857, 10);
    expect(t).toBeCloseTo(1.8341124468260896, 10);
    expect(p).toBeCloseTo(0.09984135191571553, 10);
    expect(pairs).toBe(10);
  });

  it('agrees with SciPy on three folds, and at another confidence', () => {
    const three = compareScores(A.slice(0, 3), B.slice(0, 3), 3);
    expect(three.low).toBeCloseTo(-0.009667559619857423, 10);
    expect(three.t).toBeCloseTo(2.4402129364581553, 10);
    expect(three.p).toBeCloseTo(0.13479806352730483, 10);
    const wide = compareScores(A, B, 5, 0.99);
    expect([wide.low, wide.high]).toEqual([
      expect.closeTo(-0.008336353340784553, 10),
      expect.closeTo(0.029936353340784573, 10),
    ]);
  });

  it('turns its signs with the configurations', () => {
    const [there, back] = [compareScores(A, B, 5), compareScores(B, A, 5)];
    expect([back.difference, back.low, back.high, back.t]).toEqual([
      -there.difference,
      -there.high,
      -there.low,
      -there.t,
    ]);
    expect(back.p).toBe(there.p);
  });

  it('leaves out folds that one of the two did not finish', () => {
    const failed = compareScores([...A, null, 0.9], [...B, 0.1, null], 5);
    expect(failed).toEqual(compareScores(A, B, 5));
  });

  it('finds no difference in equal scores, and a certain one where all differ alike', () => {
    expect(compareScores(A, A, 5)).toMatchObject({ difference: 0, t: 0, p: 1, low: 0, high: 0 });
    expect(compareScores([1, 2, 3], [0, 1, 2], 3)).toMatchObject({ difference: 1, low: 1, high: 1, p: 0 });
  });

  it('says nothing about a single fold', () => {
    expect(compareScores([0.5], [0.25], 5)).toMatchObject({ difference: 0.25, low: NaN, p: NaN, pairs: 1 });
    expect(compareScores([null], [0.25], 5)).toMatchObject({ difference: NaN, pairs: 0 });
  });

  it('keeps its level on folds that share training images, where the plain test does not', () => {
    // The setting of Nadeau & Bengio: each difference is a part that all folds share, and a part of its own. With the
    // correlation 1 / k that the correction assumes, 5 % of comparisons of equal configurations should be significant.
    const rng = new Rng(3);
    const share = Math.sqrt(1 / 5);
    const rest = Math.sqrt(4 / 5);
    let significant = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const common = rng.normal();
      const scores = Array.from({ length: 5 }, () => share * common + rest * rng.normal());
      const zeros = scores.map(() => 0);
      if (compareScores(scores, zeros, 5).p < 0.05) significant++;
    }
    expect(significant / 4000).toBeGreaterThan(0.03);
    expect(significant / 4000).toBeLessThan(0.07); // the plain paired t-test: 0.15
  });

  it('needs pairs and folds', () => {
    expect(() => compareScores([1], [1, 2], 5)).toThrow('1 scores beside 2');
    expect(() => compareScores([1], [1], 1)).toThrow('1 folds');
  });
});
