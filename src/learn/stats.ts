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
  return described({ min, max, sum, squares, zeros, bad, count });
}

/** The numbers from the sums of a pass. */
function described(of: {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly squares: number;
  readonly zeros: number;
  readonly bad: number;
  readonly count: number;
}): Stats {
  const { min, max, sum, squares, zeros, bad, count } = of;
  const good = count - bad;
  const nothing = Number.NaN;
  if (good === 0) return { min: nothing, max: nothing, mean: nothing, sd: nothing, norm: 0, zeros: 0, bad };
  const mean = sum / good;
  const sd = Math.sqrt(Math.max(0, squares / good - mean * mean));
  return { min, max, mean, sd, norm: Math.sqrt(squares), zeros: zeros / count, bad };
}

/** Describes several arrays of equal length together, from their descriptions. */
export function merged(parts: readonly Stats[], lengths: number): Stats {
  const sumOf = (value: (part: Stats) => number): number => parts.reduce((sum, part) => sum + value(part), 0);
  const finite = (part: Stats): number => lengths - part.bad;
  const known = parts.filter(({ min }) => !Number.isNaN(min));
  return described({
    min: Math.min(...known.map(({ min }) => min)),
    max: Math.max(...known.map(({ max }) => max)),
    sum: sumOf((part) => (Number.isNaN(part.mean) ? 0 : part.mean * finite(part))),
    squares: sumOf((part) => part.norm ** 2),
    zeros: sumOf((part) => part.zeros * lengths),
    bad: sumOf((part) => part.bad),
    count: parts.length * lengths,
  });
}

/** Describes each channel of an array whose last axis has `channels` entries. One pass, because activations are large. */
export function channelStats(values: ArrayLike<number>, channels: number): Stats[] {
  const column = (start: number): Float64Array => new Float64Array(channels).fill(start);
  const [min, max] = [column(Infinity), column(-Infinity)];
  const [sum, squares, zeros, bad] = [column(0), column(0), column(0), column(0)];
  for (let first = 0; first < values.length; first += channels) {
    for (let c = 0; c < channels; c++) {
      const value = values[first + c] as number;
      if (!Number.isFinite(value)) {
        (bad[c] as number)++;
        continue;
      }
      if (value < (min[c] as number)) min[c] = value;
      if (value > (max[c] as number)) max[c] = value;
      if (value === 0) (zeros[c] as number)++;
      sum[c] = (sum[c] as number) + value;
      squares[c] = (squares[c] as number) + value * value;
    }
  }
  const count = values.length / channels;
  return Array.from({ length: channels }, (_, c) =>
    described({
      ...{ min: min[c] as number, max: max[c] as number, sum: sum[c] as number, count },
      ...{ squares: squares[c] as number, zeros: zeros[c] as number, bad: bad[c] as number },
    }),
  );
}

/** Whether a channel says nothing about any image: all of its values in the batch are the same. */
export function isDead({ min, max }: Stats): boolean {
  return min === max;
}
