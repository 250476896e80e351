import { describe, expect, it } from 'vitest';
import { factorText, figure } from '../../src/labs/kit/figures.js';
import { runsCsv } from '../../src/labs/kit/files.js';
import { finding, higher, holds, sentenceOf, within } from '../../src/labs/kit/finding.js';
import type { LabData } from '../../src/labs/kit/outcome.js';
import { type LabRun, Results } from '../../src/labs/kit/results.js';
import { labSvg } from '../../src/labs/kit/svg.js';
import { smoothed, suggestedRate } from '../../src/labs/learning_rate.js';
import { margin95, spreadOf } from '../../src/util/spread.js';

const LAB: LabData = {
  ...{ name: 'trial', question: 'Which?', faces: 1, epochs: 1 },
  measures: {
    share: { title: 'accuracy', format: 'share' },
    power: { title: 'gradient', format: 'power' },
  },
  plot: { title: 'a < b', x: 'epoch', level: (n) => ({ y: 1 / n, label: 'chance' }) },
  variants: [{ name: 'a' }, { name: 'b, "c"' }],
};

/** Runs with the seeds 1, 2, ...; the curve of each is its first number, and twice that. */
const runsOf = (variant: string, key: string, values: readonly number[]): LabRun[] =>
  values.map((value, i) => ({
    ...{ variant, seed: i + 1, numbers: { [key]: value } },
    curve: [
      { x: 1, y: value },
      { x: 2, y: 2 * value },
    ],
  }));
const resultsOf = (key: string, a: readonly number[], b: readonly number[]): Results =>
  new Results(LAB, [...runsOf('a', key, a), ...runsOf('b, "c"', key, b)], 4);
const AB = { high: 'a', low: 'b, "c"' };

describe('mean and standard deviation', () => {
  it('of 2, 4, 9: 5 and the root of 13', () => {
    expect(spreadOf([2, 4, 9])).toEqual({ mean: 5, sd: Math.sqrt(13), n: 3, lost: 0 });
  });

  it('leave out what is not finite, and count it', () => {
    expect(spreadOf([2, Number.NaN, 4, Number.POSITIVE_INFINITY])).toEqual({
      ...{ mean: 3, sd: Math.SQRT2, n: 2, lost: 2 },
    });
  });

  it('one value has no standard deviation and no margin', () => {
    expect(spreadOf([3])).toEqual({ mean: 3, sd: Number.NaN, n: 1, lost: 0 });
    expect(margin95(spreadOf([3]))).toBeNaN();
  });

  it("the margin is Student's t times the standard error", () => {
    expect(margin95(spreadOf([2, 4, 9]))).toBeCloseTo((4.302652729749464 * Math.sqrt(13)) / Math.sqrt(3), 10);
    expect(margin95({ mean: 0, sd: 1, n: 2, lost: 0 })).toBeCloseTo(12.706204736174694 / Math.SQRT2, 10);
    expect(margin95({ mean: 0, sd: 1, n: 100, lost: 0 })).toBeCloseTo(0.19842169515086827, 10);
  });
});

describe('a judgement', () => {
  // Differences 0.2, 0.3, 0.4: mean 0.3, sd 0.1, margin 4.303 * 0.1 / sqrt 3 = 0.248.
  it('is made by the differences seed by seed, not by the spread over the seeds', () => {
    const results = resultsOf('share', [0.3, 0.6, 0.9], [0.1, 0.3, 0.5]);
    expect(higher(results, { measure: 'share', ...AB })).toEqual({
      verdict: 'yes',
      evidence: 'accuracy 60.0 ± 30.0 % (a) and 30.0 ± 20.0 % (b, "c"), difference 30.0 ± 24.8 points (95 %)',
    });
    const turned = { measure: 'share', high: 'b, "c"', low: 'a' };
    expect(higher(results, turned).verdict).toBe('no');
  });

  it('is open where the interval holds 0, and with one seed', () => {
    // Differences 0.1, 0.3, 0.5: mean 0.3, margin 0.497.
    expect(
      higher(resultsOf('share', [0.2, 0.6, 1], [0.1, 0.3, 0.5]), { measure: 'share', ...AB }).verdict,
    ).toBe('unclear');
    const one = higher(resultsOf('share', [0.9], [0.1]), { measure: 'share', ...AB });
    expect(one).toEqual({
      verdict: 'unclear',
      evidence: 'accuracy 90.0 % (a) and 10.0 % (b, "c"), too few seeds to compare',
    });
  });

  it('compares only seeds where neither training diverged', () => {
    const results = resultsOf('share', [0.9, Number.NaN, 0.8], [0.1, 0.2, 0.1]);
    expect(results.difference('a', 'b, "c"', 'share')).toMatchObject({ mean: 0.75, n: 2, lost: 1 });
    expect(higher(results, { measure: 'share', ...AB }).evidence).toContain('(1 of 3 diverged)');
  });

  it('of powers is one of ratios', () => {
    const results = resultsOf('power', [1e-2, 1e-3, 1e-4], [1e-5, 1e-6, 1e-7]);
    const { verdict, evidence } = higher(results, { measure: 'power', ...AB });
    expect(verdict).toBe('yes');
    expect(evidence).toContain('1000 times as much (95 %: 1000 to 1000)');
  });

  it('of agreement compares the mean difference with the spread over the seeds', () => {
    const at = (shift: number) =>
      resultsOf('share', [0.3 + shift, 0.5 + shift, 0.7 + shift], [0.3, 0.5, 0.7]);
    const question = { measure: 'share', a: 'a', b: 'b, "c"' };
    expect(within(at(0.19), question).verdict).toBe('yes');
    expect(within(at(-0.21), question).verdict).toBe('no');
    expect(within(resultsOf('share', [0.3], [0.3]), question).verdict).toBe('unclear');
  });

  it('needs variants and measures that the lab has', () => {
    const results = resultsOf('share', [1], [1]);
    expect(() => results.of('d', 'share')).toThrow('the lab trial has no variant "d"');
    expect(() => results.of('a', 'speed')).toThrow('the lab trial has no measure "speed"');
  });
});

describe('a finding', () => {
  it('holds if all of it does, fails if any of it fails', () => {
    const [yes, no] = [holds(true, '1'), holds(false, '2')];
    const unclear = { verdict: 'unclear', evidence: '3' } as const;
    expect(finding('x', yes, yes).verdict).toBe('yes');
    expect(finding('x', yes, unclear).verdict).toBe('unclear');
    expect(finding('x', unclear, no, yes)).toEqual({ expected: 'x', verdict: 'no', evidence: '3; 2; 1' });
  });

  it('says in its sentence that it contradicts the expectation, or decides nothing', () => {
    const sentence = (verdict: 'yes' | 'no' | 'unclear') =>
      sentenceOf({ expected: 'more is better', verdict, evidence: '1 and 2' });
    expect(sentence('yes')).toBe('As expected, more is better: 1 and 2.');
    expect(sentence('no')).toBe('Against the expectation that more is better: 1 and 2.');
    expect(sentence('unclear')).toBe(
      'These runs do not show whether more is better, as one expects: 1 and 2.',
    );
  });
});

describe('figures', () => {
  it('are means with standard deviations, and tell what diverged', () => {
    const of = (...values: number[]) => spreadOf(values);
    expect(figure(of(0.5, 0.6), 'share')).toBe('55.0 ± 7.1 %');
    expect(figure(of(0.5), 'share')).toBe('50.0 %');
    expect(figure(of(1.5, 2.5), 'decimal')).toBe('2.000 ± 0.707');
    expect(figure(of(10, 10), 'whole')).toBe('10 ± 0');
    expect(figure(of(1e-5, 3e-5), 'power')).toBe('2.0e-5 ± 1.4e-5');
    expect(figure(of(1, Number.NaN), 'decimal')).toBe('1.000 (1 of 2 diverged)');
    expect(figure(of(Number.NaN), 'decimal')).toBe('diverged');
    expect(figure(of(), 'decimal')).toBe('-');
  });

  it('factors have two digits', () => {
    expect([0.0012, 0.345, 1, 687, 55_000].map(factorText)).toEqual(['1.2e-3', '0.34', '1', '690', '5.5e+4']);
  });

  it('a curve has the mean and the standard deviation at each place, and ends where a seed has no value', () => {
    expect(resultsOf('share', [1, 3], []).curve('a')).toEqual([
      { x: 1, y: 2, sd: Math.SQRT2 },
      { x: 2, y: 4, sd: 2 * Math.SQRT2 },
    ]);
    expect(resultsOf('share', [1, Number.NaN], []).curve('a')).toEqual([]);
  });
});

describe('files', () => {
  const results = resultsOf('share', [0.5, Number.NaN], [0.25]);

  it('runs are lines of CSV, with quotes where needed; not measured is empty, diverged NaN', () => {
    expect(runsCsv(LAB, results)).toBe('variant,seed,share,power\na,1,0.5,\na,2,NaN,\n"b, ""c""",1,0.25,\n');
  });

  it('the plot has a curve for each variant at its places, the level, and no markup from names', () => {
    const svg = labSvg(LAB, resultsOf('share', [1, 1], [0.5, 0.5]));
    expect(svg).toContain('trial: a &lt; b');
    expect(svg).toContain('chance');
    // y from 0.25 (chance, below: 330) to 2 (above: 40); 0.5 lies 1/7 up, 1 lies 3/7 up.
    const paths = [...svg.matchAll(/<path d="M([\d. L]+)" fill="none" stroke-width/g)].map(([, d]) => d);
    expect(paths).toEqual(['70 205.7L700 40', '70 288.6L700 205.7']);
  });

  it('a band on a logarithmic axis ends at the mean where its lower end would not be above 0', () => {
    const bandsOf = (log: boolean) => {
      const svg = labSvg({ ...LAB, plot: { title: 'p', x: 'epoch', log } }, resultsOf('share', [1, 9], []));
      return [...svg.matchAll(/<path d="M([\d. L-]+)Z" fill=/g)].map(([, d]) => d);
    };
    // Means 5 and 10, deviations 5.66 and 11.31: on the logarithmic axis from 5 to 21.31, 10 lies at log 2 / log 4.26.
    expect(bandsOf(true)).toEqual(['70 178.6L700 40L700 191.4L70 330']);
    expect(bandsOf(false)).toEqual(['70 176.6L700 40L700 330L70 321.6']);
  });
});

describe('the range test', () => {
  it('smooths losses as Adam smooths gradients, and ends where they explode', () => {
    const [first, second] = smoothed([2, 1]);
    expect(first).toBeCloseTo(2, 12);
    expect(second).toBeCloseTo((0.9 * 0.2 + 0.1) / 0.19, 12);
    const exploding = smoothed([1, 1, 40, 1, 1]);
    expect(exploding.map(Number.isFinite)).toEqual([true, true, false, false, false]);
    expect(smoothed([1, Number.NaN, 1]).map(Number.isFinite)).toEqual([true, false, false]);
  });

  it('suggests a tenth of the rate with the lowest loss', () => {
    const curve = [
      { x: -3, y: 2 },
      { x: -1, y: 1 },
      { x: 0, y: Number.NaN },
    ];
    expect(suggestedRate(curve)).toBeCloseTo(0.01, 12);
  });
});
