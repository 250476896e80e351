/** What a list of samples says: median, 95th percentile, and the half-width of a 95 % interval of the median. */
export function summarize(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  // Order statistics: the median lies between these two ranks with 95 % confidence (binomial, normal approximation).
  const spread = (1.96 * Math.sqrt(sorted.length)) / 2;
  const low = sorted[Math.max(0, Math.floor(sorted.length / 2 - spread))] ?? Number.NaN;
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + spread))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), low, high, n: sorted.length };
}

/**
 * Is `now` faster than `before`? Only where the intervals of the two medians do not overlap is there a verdict.
 * @param before, now what `summarize` gave, smaller is better
 */
export function verdict(before, now) {
  if (now.high < before.low) return 'faster';
  if (now.low > before.high) return 'slower';
  return 'same within noise';
}

/** Samples `run` (which resolves to a number) until `seconds` have passed, at least `least` times, after a warm-up. */
export async function sample(run, { seconds = 1, least = 5, most = 50 } = {}) {
  await run();
  const samples = [];
  const end = performance.now() + seconds * 1000;
  while (samples.length < least || (performance.now() < end && samples.length < most))
    samples.push(await run());
  return samples;
}
