import { type Arr, at } from './arrays.js';

/** Per sample: probabilities [B, C], losses [B], predicted class [B]. */
export function softmaxCrossEntropyForward(
  logits: Arr,
  labels: ArrayLike<number>,
  c: number,
  smoothing: number,
): { probabilities: Arr; losses: Arr; predicted: number[] } {
  const b = logits.length / c;
  const probabilities = new Float64Array(logits.length);
  const losses = new Float64Array(b);
  const predicted: number[] = [];
  for (let n = 0; n < b; n++) {
    const row = logits.subarray(n * c, (n + 1) * c);
    const top = Math.max(...row);
    predicted.push(row.indexOf(top));
    const total = row.reduce((sum, z) => sum + Math.exp(z - top), 0);
    row.forEach((z, k) => {
      const logP = z - top - Math.log(total);
      probabilities[n * c + k] = Math.exp(logP);
      losses[n] = at(losses, n) - wanted(k, at(labels, n), c, smoothing) * logP;
    });
  }
  return { probabilities, losses, predicted };
}

const wanted = (k: number, label: number, c: number, smoothing: number): number =>
  (k === label ? 1 - smoothing : 0) + smoothing / c;

/** Gradient of the mean loss by the logits. */
export function softmaxCrossEntropyBackward(
  probabilities: Arr,
  labels: ArrayLike<number>,
  c: number,
  smoothing: number,
): Arr {
  const b = probabilities.length / c;
  return probabilities.map((p, i) => (p - wanted(i % c, at(labels, Math.floor(i / c)), c, smoothing)) / b);
}
