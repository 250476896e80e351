import { SMALLEST } from '../train/temperature.js';

/** Temperatures that are tried. A network that is right on every row would have the best loss at temperature 0. */
const [COLDEST, HOTTEST] = [0.02, 50];
const PRECISION = 1e-12;

/** A fitted temperature. */
export interface TemperatureFit {
  readonly temperature: number;
  /** Whether the best one lies beyond the limits, of which it is the nearest. */
  readonly atLimit: boolean;
}

/**
 * Temperature scaling (Guo et al. 2017, arXiv 1706.04599): the temperature T > 0 for which the mean over the versions of an
 * image of softmax(logits / T) has the lowest mean cross-entropy. With one version it keeps the order of the classes, and so the
 * accuracy.
 *
 * The best b = 1 / T is where the slope of the loss is 0, which bisection finds: the loss of one version is convex in b. In
 * float64.
 * @param versions of each version its probabilities [N, classes], of softmax at T = 1; their logarithms are the logits up to a
 * constant per row
 * @param labels [N]
 */
export function fitTemperature(
  versions: readonly Float32Array[],
  labels: ArrayLike<number>,
  classes: number,
): TemperatureFit {
  const logits = versions.map((probabilities) =>
    Float64Array.from(probabilities, (p) => Math.log(Math.max(p, SMALLEST))),
  );
  const slopeAt = (b: number) => slopeOf(logits, labels, classes, b);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (slopeAt(low) >= 0) return { temperature: HOTTEST, atLimit: true };
  if (slopeAt(high) <= 0) return { temperature: COLDEST, atLimit: true };
  while (high - low > PRECISION * high) {
    const middle = (low + high) / 2;
    if (slopeAt(middle) < 0) low = middle;
    else high = middle;
  }
  return { temperature: 2 / (low + high), atLimit: false };
}

/**
 * The derivative of the mean cross-entropy with respect to b. A version that gives the label the probability p_v counts in its
 * row as p_v / sum(p): the slope of a row is the mean of E[z] - z[label], weighted by that.
 */
function slopeOf(
  versions: readonly Float64Array[],
  labels: ArrayLike<number>,
  classes: number,
  b: number,
): number {
  let slope = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const rows = versions.map((logits) =>
      softmaxOf(logits.subarray(i * classes, (i + 1) * classes), label, b),
    );
    const top = Math.max(...rows.map(({ logP }) => logP));
    const shares = rows.map(({ logP }) => Math.exp(logP - top));
    const total = shares.reduce((sum, share) => sum + share, 0);
    rows.forEach((row, v) => {
      slope += ((shares[v] as number) / total) * row.slope;
    });
  }
  return slope / labels.length;
}

/** Of softmax(b z): the logarithm of the label's probability, and E[z] - z[label]. */
function softmaxOf(z: Float64Array, label: number, b: number): { logP: number; slope: number } {
  const top = Math.max(...z);
  let [total, mean] = [0, 0];
  for (const value of z) {
    const power = Math.exp(b * (value - top));
    total += power;
    mean += power * value;
  }
  const own = z[label] as number;
  return { logP: b * (own - top) - Math.log(total), slope: mean / total - own };
}
