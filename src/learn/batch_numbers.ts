import type { Learner } from '../nn/learner.js';
import type { NamedArrays } from '../nn/parameters.js';
import type { Images } from '../nn/step_cache.js';
import type { LayerStats } from './report.js';
import { channelStats, isDead, merged } from './stats.js';

/** Numbers about a whole batch. */

/** Describes a layer's output [B, ..., channels]. */
export function outputStats(name: string, values: Float32Array, channels: number): LayerStats {
  const parts = channelStats(values, channels);
  const output = merged(parts, values.length / channels);
  return { name, output, gradient: undefined, channels, dead: parts.filter(isDead).length };
}

/** The class that the network finds most probable for the first image. */
export async function mostProbable(learner: Learner, images: Images): Promise<number> {
  const classes = learner.model.outputShape.at(-1) ?? 1;
  const probabilities = (await learner.predict(images)).subarray(0, classes);
  return probabilities.indexOf(Math.max(...probabilities));
}

/** The mean of some numbers, in float64. */
export function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many rows of probabilities [n, classes] are largest at the label. */
export function correctOf(probabilities: Float32Array, labels: Uint32Array): number {
  const classes = probabilities.length / labels.length;
  return labels.filter((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === label;
  }).length;
}

/** The mean of |value| of each channel; zeros without values. */
export function meanSizes(values: ArrayLike<number> | undefined, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  if (values === undefined) return sums;
  for (let i = 0; i < values.length; i++)
    sums[i % channels] = (sums[i % channels] ?? 0) + Math.abs(values[i] ?? 0);
  return sums.map((sum) => (sum * channels) / values.length);
}

/** How many numbers of some arrays are NaN or infinite. */
export function badIn(arrays: NamedArrays): number {
  let bad = 0;
  for (const { data } of arrays.values()) for (const value of data) if (!Number.isFinite(value)) bad++;
  return bad;
}
