/** Numbers that describe an array. Values that are not finite count as `bad` and are left out of the others. */
export interface Stats {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation (biased). */
  readonly sd: number;
  /** Square root of the sum of squares. */
  readonly norm: number;
  /** Share of values that are exactly 0. */
  readonly zeros: number;
  /** Number of NaN and infinite values. */
  readonly bad: number;
}

/** Describes `values[first]`, `values[first + stride]`, and so on; default: all. Sums are float64. */
export function statsOf(values: ArrayLike<number>, first = 0, stride = 1): Stats {
  let [min, max, sum, squares, zeros, bad, count] = [Infinity, -Infinity, 0, 0, 0, 0, 0];
  for (let i = first; i < values.length; i += stride) {
    const value = values[i] as number;
    count++;
    if (!Number.isFinite(value)) {
      bad++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
    if (value === 0) zeros++;
  }
  const good = count - bad;
  if (good === 0)
    return { min: Number.NaN, max: Number.NaN, mean: Number.NaN, sd: Number.NaN, norm: 0, zeros: 0, bad };
  const mean = sum / good;
  const sd = Math.sqrt(Math.max(0, squares / good - mean * mean));
  return { min, max, mean, sd, norm: Math.sqrt(squares), zeros: zeros / count, bad };
}

/** Describes each channel of an array whose last axis has `channels` entries. */
export function channelStats(values: ArrayLike<number>, channels: number): Stats[] {
  return Array.from({ length: channels }, (_, c) => statsOf(values, c, channels));
}

/** Whether a channel says nothing about any image: all of its values in the batch are the same. */
export function isDead({ min, max }: Stats): boolean {
  return min === max;
}
