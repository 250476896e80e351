import { margin95 } from '../../util/spread.js';
import { factorText, figure, spanText } from './figures.js';
import type { Measure } from './outcome.js';
import type { Results } from './results.js';

/** Whether the results are as expected; `unclear` if the seeds differ too much. */
export type Verdict = 'yes' | 'no' | 'unclear';

/** The finding of a lab: the expectation, and whether the results support it. */
export interface Finding {
  /** What theory or experience says, as a clause: "dropout narrows the gap". */
  readonly expected: string;
  readonly verdict: Verdict;
  /** The figures that the verdict is based on. */
  readonly evidence: string;
}

/** A verdict with its figures. */
export type Judgement = Omit<Finding, 'expected'>;

/** A finding in one sentence. It states whether the results support, contradict or do not decide the expectation. */
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
 * the same faces in the same order. Runs that diverged are left out. `unclear` with fewer than two seeds.
 */
export function higher<M extends string>(
  results: Results<M>,
  { measure, high, low }: { readonly measure: M; readonly high: string; readonly low: string },
): Judgement {
  const both = valuesText(results, measure, high, low);
  const { format } = results.measure(measure);
  const difference = results.difference(high, low, measure);
  const margin = margin95(difference);
  if (Number.isNaN(margin)) return { verdict: 'unclear', evidence: `${both}, too few seeds to compare` };
  const [least, most] = [difference.mean - margin, difference.mean + margin];
  const verdict = least > 0 ? 'yes' : most < 0 ? 'no' : 'unclear';
  return { verdict, evidence: `${both}, ${differenceText(difference.mean, margin, format)}` };
}

/** `validation accuracy 71.2 ± 1.3 % (ELU) and 65.0 ± 2.1 % (ReLU)`. */
function valuesText<M extends string>(
  results: Results<M>,
  measure: M,
  ...variants: readonly string[]
): string {
  const { format, title } = results.measure(measure);
  const parts = variants.map((variant) => `${figure(results.of(variant, measure), format)} (${variant})`);
  return `${title} ${parts.join(' and ')}`;
}

/** A difference with its confidence interval; for the format `power`, the ratio. */
function differenceText(mean: number, margin: number, format: Measure['format']): string {
  if (format !== 'power') return `difference ${spanText(mean, margin, format)} (95 %)`;
  const [ratio, least, most] = [mean, mean - margin, mean + margin].map((log) => factorText(10 ** log));
  return `${ratio} times as much (95 %: ${least} to ${most})`;
}

/** Judges a condition without an error bar. */
export function holds(condition: boolean, evidence: string): Judgement {
  return { verdict: condition ? 'yes' : 'no', evidence };
}

/** Figures that belong to the finding but do not affect the verdict. */
export function beside<M extends string>(
  results: Results<M>,
  measure: M,
  ...variants: readonly string[]
): Judgement {
  return { verdict: 'yes', evidence: valuesText(results, measure, ...variants) };
}

/** A finding from several judgements, all of which must hold. */
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
  { measure, a, b }: { readonly measure: M; readonly a: string; readonly b: string },
): Judgement {
  const { format } = results.measure(measure);
  const difference = Math.abs(results.difference(a, b, measure).mean);
  const { sd } = results.of(b, measure);
  const evidence = `${valuesText(results, measure, a, b)}, mean difference ${spanText(difference, undefined, format)}`;
  if (Number.isNaN(difference - sd))
    return { verdict: 'unclear', evidence: `${evidence}, too few seeds to compare` };
  return holds(difference <= sd, evidence);
}
