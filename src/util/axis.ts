/** Scales of charts: where a value lies, and round numbers to write beside it. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Place of a value in [0, 1]; logarithmic scales take the logarithm. */
  place(value: number): number;
}

/** A scale over these values, or over `range` where given. A logarithmic one needs values above 0, else it is linear. */
export function scaleOver(
  values: Iterable<number>,
  { range, log = false }: { range?: readonly [number, number] | undefined; log?: boolean } = {},
): Scale {
  let [low, high] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (range === undefined) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) [low, high] = low > 0 ? [low * 0.9, high * 1.1] : [low - 0.5, high + 0.5];
  if (log && low > 0) {
    const [bottom, top] = [Math.log(low), Math.log(high)];
    return { low, high, place: (value) => (Math.log(value) - bottom) / (top - bottom) };
  }
  return { low, high, place: (value) => (value - low) / (high - low) };
}

/** At most `most` round numbers within a range: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, most: number, { whole = false } = {}): number[] {
  if (most < 1 || !(high > low)) return [low];
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= least * 0.999) ?? least;
  const spacing = whole ? Math.max(1, Math.round(step)) : step;
  const first = Math.ceil(low / spacing - 1e-9);
  const last = Math.floor(high / spacing + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * spacing);
}

/** As many digits as tell neighbouring numbers apart. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size < 0.1 ? 3 : 2);
}

export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}
