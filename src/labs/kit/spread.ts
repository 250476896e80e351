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

/** Two-sided 95 % points of Student's t distribution for 1, 2, ... degrees of freedom. */
const T95 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
];

/** Half the width of the 95 % confidence interval of the mean; NaN for fewer than two values. */
export function margin95({ sd, n }: Spread): number {
  return ((T95[n - 2] ?? 1.96) * sd) / Math.sqrt(n);
}
