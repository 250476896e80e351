/** Statistics of a list of samples. */
export interface Summary {
  readonly median: number;
  readonly p95: number;
  /** The ends of the 95 % confidence interval of the median. */
  readonly low: number;
  readonly high: number;
  /** Number of samples. */
  readonly n: number;
}

/** Statistics of samples in any order; NaN for none. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (rank: number): number => sorted[Math.max(0, Math.min(sorted.length - 1, rank))] ?? Number.NaN;
  // Order statistics: the median lies between these two ranks with 95 % confidence (binomial, normal approximation).
  const spread = (1.96 * Math.sqrt(sorted.length)) / 2;
  return {
    median: at(Math.floor(0.5 * sorted.length)),
    p95: at(Math.floor(0.95 * sorted.length)),
    low: at(Math.floor(sorted.length / 2 - spread)),
    high: at(Math.ceil(sorted.length / 2 + spread)),
    n: sorted.length,
  };
}

/** The same samples in another unit. */
export function scaled({ median, p95, low, high, n }: Summary, factor: number): Summary {
  return { median: median * factor, p95: p95 * factor, low: low * factor, high: high * factor, n };
}

/**
 * Whether `now` is faster than `before`; smaller is better. They count as different only if the confidence intervals of
 * the two medians do not overlap.
 */
export function verdict(before: Summary, now: Summary): 'faster' | 'slower' | 'same within noise' {
  if (now.high < before.low) return 'faster';
  if (now.low > before.high) return 'slower';
  return 'same within noise';
}

export interface SampleOptions {
  /** Duration of sampling; default 1. */
  readonly seconds?: number;
  /** Smallest number of samples, however long they take; default 5. */
  readonly least?: number;
  /** Largest number of samples; default 50. */
  readonly most?: number;
  /** Called after each sample with the progress, 0 to 1. */
  readonly onSample?: ((share: number) => void) | undefined;
}

/** Calls `run` (which resolves to a number) once to warm up, then repeatedly until the time has passed. */
export async function sample(run: () => Promise<number>, options: SampleOptions = {}): Promise<number[]> {
  const { seconds = 1, least = 5, most = 50, onSample } = options;
  await run();
  const samples: number[] = [];
  const begin = performance.now();
  const passed = (): number => (performance.now() - begin) / (seconds * 1000);
  while (samples.length < least || (passed() < 1 && samples.length < most)) {
    samples.push(await run());
    onSample?.(Math.min(samples.length / least, Math.max(passed(), samples.length / most)));
  }
  return samples;
}
