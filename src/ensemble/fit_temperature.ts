import { SMALLEST } from '../train/temperature.js';

/** Temperatures that are tried. A network that is right on every row would have the best loss at temperature 0. */
const [COLDEST, HOTTEST] = [0.02, 50];
const PRECISION = 1e-12;
const MOST_STEPS = 200;

/** A fitted temperature. */
export interface TemperatureFit {
  readonly temperature: number;
  /** Whether the best one lies beyond the limits, of which it is the nearest. */
  readonly atLimit: boolean;
}

/**
 * Temperature scaling (Guo et al. 2017, arXiv 1706.04599): the temperature T > 0 for which softmax(logits / T) has the lowest
 * mean cross-entropy. It keeps the order of the classes, and so the accuracy.
 *
 * In b = 1 / T the loss is convex, with the slope mean(E[z] - z[label]) and the curvature mean(Var[z]), both under
 * softmax(b z). So Newton's method finds it; a step that leaves the bracket around the root of the slope is replaced by
 * bisection. All in float64.
 * @param probabilities [N, classes] of softmax at T = 1; their logarithms are the logits up to a constant per row
 * @param labels [N]
 */
export function fitTemperature(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): TemperatureFit {
  const logits = Float64Array.from(probabilities, (p) => Math.log(Math.max(p, SMALLEST)));
  const slopeAt = (b: number) => slopeOf(logits, labels, classes, b);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (slopeAt(low).slope >= 0) return { temperature: HOTTEST, atLimit: true };
  if (slopeAt(high).slope <= 0) return { temperature: COLDEST, atLimit: true };
  let b = 1;
  for (let step = 0; step < MOST_STEPS; step++) {
    const { slope, curvature } = slopeAt(b);
    if (slope < 0) low = b;
    else high = b;
    const newton = b - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const done = Math.abs(next - b) <= PRECISION * b;
    b = next;
    if (done) break;
  }
  return { temperature: 1 / b, atLimit: false };
}

/** First and second derivative of the mean cross-entropy of softmax(b z) with respect to b. */
function slopeOf(
  logits: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  b: number,
): { slope: number; curvature: number } {
  const n = labels.length;
  let [slope, curvature] = [0, 0];
  for (let i = 0; i < n; i++) {
    const z = logits.subarray(i * classes, (i + 1) * classes);
    const top = Math.max(...z);
    let [total, mean, square] = [0, 0, 0];
    for (const value of z) {
      const power = Math.exp(b * (value - top));
      total += power;
      mean += power * value;
      square += power * value * value;
    }
    mean /= total;
    slope += mean - (z[labels[i] as number] as number);
    curvature += Math.max(0, square / total - mean * mean);
  }
  return { slope: slope / n, curvature: curvature / n };
}
