import { criticalT } from './student_t.js';

/** Several measurements of one number, one for each seed. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (divisor n - 1); NaN for fewer than two values. */
  readonly sd: number;
  /** Values that are finite; only these count. */
  readonly n: number;
  /** Values that are not finite: the training diverged. */
  readonly lost: number;
}

/** Mean and standard deviation of the finite values. */
export function spreadOf(values: readonly number[]): Spread {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  const mean = finite.reduce((sum, value) => sum + value, 0) / n;
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)), n, lost: values.length - n };
}

/** Half the width of the 95 % confidence interval of the mean; NaN for fewer than two values. */
export function margin95({ sd, n }: Spread): number {
  return (criticalT(0.95, n - 1) * sd) / Math.sqrt(n);
}
