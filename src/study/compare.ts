import { spreadOf } from '../util/spread.js';
import { criticalT, twoSidedP } from '../util/student_t.js';

/** The difference of two configurations that were trained on the same folds. */
export interface Comparison {
  /** Mean of a - b over the folds that both finished; NaN without any. */
  readonly difference: number;
  /** Ends of the confidence interval of the difference; NaN with fewer than two folds. */
  readonly low: number;
  readonly high: number;
  /** Statistic of the corrected resampled t-test; NaN with fewer than two folds. */
  readonly t: number;
  /** Two-sided p-value: the probability of such a difference, or a larger one, by chance alone. */
  readonly p: number;
  /** Folds that both finished. */
  readonly pairs: number;
}

/**
 * Compares two configurations by the corrected resampled t-test (Nadeau & Bengio 2003, Inference for the generalization error,
 * section 3.3). The training sets of two folds overlap, so the differences are not independent, and the plain paired t-test finds
 * differences where none are. The correction adds the ratio of held-out to training images to 1 / n in the variance of the mean:
 * t = mean / sqrt((1/n + tested/trained) * variance), with n - 1 degrees of freedom.
 * @param a one score per fold and repetition; null if the training failed: then this fold is left out for both
 * @param b the scores of the other configuration, for the same folds in the same order
 * @param folds number of folds k of the cross-validation; the ratio is 1 / (k - 1)
 * @param confidence confidence level of the interval, such as 0.95 Throws RangeError when the lists differ in length, or there
 * are fewer than two folds.
 */
export function compareScores(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  folds: number,
  confidence = 0.95,
): Comparison {
  if (a.length !== b.length) throw new RangeError(`${a.length} scores beside ${b.length}; expected pairs`);
  if (!(folds >= 2)) throw new RangeError(`${folds} folds; expected two or more`);
  const differences = a.flatMap((score, i) => {
    const other = b[i] ?? null;
    return score === null || other === null ? [] : [score - other];
  });
  const { mean, sd, n } = spreadOf(differences);
  const error = Math.sqrt(1 / n + 1 / (folds - 1)) * sd;
  const margin = criticalT(confidence, n - 1) * error;
  // Equal scores everywhere: no spread, and no difference either.
  const t = mean === 0 && error === 0 ? 0 : mean / error;
  return {
    ...{ difference: mean, low: mean - margin, high: mean + margin },
    ...{ t, p: twoSidedP(t, n - 1), pairs: n },
  };
}
