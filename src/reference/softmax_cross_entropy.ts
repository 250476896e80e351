import { type Arr, at } from './arrays.js';

/** Per sample: probabilities [B, C], losses [B], predicted class [B]; weights of the classes [C]. */
export function softmaxCrossEntropyForward(
  logits: Arr,
  labels: ArrayLike<number>,
  weights: Arr,
  smoothing: number,
): { probabilities: Arr; losses: Arr; predicted: number[] } {
  const c = weights.length;
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
      losses[n] = at(losses, n) - at(weights, at(labels, n)) * wanted(k, at(labels, n), c, smoothing) * logP;
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
  weights: Arr,
  smoothing: number,
): Arr {
  const c = weights.length;
  const b = probabilities.length / c;
  return probabilities.map((p, i) => {
    const label = at(labels, Math.floor(i / c));
    return (at(weights, label) * (p - wanted(i % c, label, c, smoothing))) / b;
  });
}
