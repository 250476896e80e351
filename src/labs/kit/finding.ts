import { figure, pointsOf } from './figures.js';
import type { Measure } from './lab.js';
import type { Results } from './results.js';
import { margin95 } from './spread.js';

/** Whether the results are as expected; `unclear` where the seeds differ too much to tell. */
export type Verdict = 'yes' | 'no' | 'unclear';

/** What to notice in a lab: what one expects, and what came out. */
export interface Finding {
  /** What theory or experience says, as a clause: "dropout narrows the gap". */
  readonly expected: string;
  readonly verdict: Verdict;
  /** The figures that the verdict rests on. */
  readonly evidence: string;
}

/** A verdict with its figures. */
export type Judgement = Omit<Finding, 'expected'>;

/** A finding in one sentence. It says so where the results contradict the expectation or do not decide. */
export function sentenceOf({ expected, verdict, evidence }: Finding): string {
  switch (verdict) {
    case 'yes':
      return `As expected, ${expected}: ${evidence}.`;
    case 'no':
      return `Against the expectation that ${expected}: ${evidence}.`;
    case 'unclear':
      return `These runs do not show whether ${expected}, as one expects: ${evidence}.`;
  }
}

/**
 * Judges whether a measure is higher for one variant than for another, by a paired t-test at 95 %: runs with the same seed see
 * the same faces in the same order. A run that diverged is left out. With fewer than two seeds left, the verdict is `unclear`,
 * unless every run of one of the two diverged.
 */
export function higher<M extends string>(
  results: Results<M>,
  { of: measure, than: less, is: more }: { readonly of: M; readonly is: string; readonly than: string },
): Judgement {
  const { format, title } = results.lab.measures[measure] as Measure;
  const [a, b] = [results.of(more, measure), results.of(less, measure)];
  const evidence = `${title} ${figure(a, format)} (${more}) and ${figure(b, format)} (${less})`;
  const difference = results.difference(more, less, measure);
  const margin = margin95(difference);
  if (Number.isNaN(margin)) return { verdict: 'unclear', evidence: `${evidence}, too few seeds to compare` };
  const apart = pointsOf(difference.mean, format);
  const verdict = difference.mean - margin > 0 ? 'yes' : difference.mean + margin < 0 ? 'no' : 'unclear';
  const within = `${evidence}; difference ${apart} ± ${pointsOf(margin, format)} (95 %)`;
  return { verdict, evidence: within };
}

/** Judges a condition that has no error bar of its own. */
export function holds(condition: boolean, evidence: string): Judgement {
  return { verdict: condition ? 'yes' : 'no', evidence };
}

/** A finding that rests on several judgements: all must hold. */
export function finding(expected: string, ...judgements: readonly Judgement[]): Finding {
  const worst = (['no', 'unclear', 'yes'] as const).find((v) =>
    judgements.some(({ verdict }) => verdict === v),
  );
  return {
    expected,
    verdict: worst ?? 'unclear',
    evidence: judgements.map(({ evidence }) => evidence).join('; '),
  };
}

/**
 * Judges whether two variants agree: whether the mean difference of a measure, seed by seed, is at most the standard deviation
 * of `b` over its seeds. `unclear` with fewer than two seeds.
 */
export function within<M extends string>(
  results: Results<M>,
  { of: measure, a, b }: { readonly of: M; readonly a: string; readonly b: string },
): Judgement {
  const { format, title } = results.lab.measures[measure] as Measure;
  const difference = Math.abs(results.difference(a, b, measure).mean);
  const { sd } = results.of(b, measure);
  const evidence = `${title} ${figure(results.of(a, measure), format)} (${a}) and ${figure(results.of(b, measure), format)} (${b}), mean difference ${pointsOf(difference, format)}`;
  if (Number.isNaN(difference - sd))
    return { verdict: 'unclear', evidence: `${evidence}, too few seeds to compare` };
  return holds(difference <= sd, evidence);
}
