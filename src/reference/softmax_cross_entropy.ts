import { type Arr, at } from './arrays.js';
import type { Mix } from './mixup.js';

/** Targets of the loss. */
export interface Targets {
  /** [B] */
  readonly labels: ArrayLike<number>;
  /** Weights of the classes [C]. */
  readonly weights: Arr;
  readonly smoothing: number;
  /** How the images were blended, if they were. */
  readonly mix?: readonly Mix[];
  /** [B, C]: distributions in place of the labels. */
  readonly soft?: Arr;
}

/** The target distribution [B, C], weighted by class. */
function targetsOf({ labels, weights, smoothing, mix, soft }: Targets): Arr {
  const c = weights.length;
  const target = (n: number, k: number): number => {
    const label = at(labels, n);
    const own = soft === undefined ? Number(k === label) : at(soft, n * c + k);
    return at(weights, label) * ((1 - smoothing) * own + smoothing / c);
  };
  return Float64Array.from({ length: labels.length * c }, (_, i) => {
    const [n, k] = [Math.floor(i / c), i % c];
    const { partner, share } = mix?.[n] ?? { partner: n, share: 1 };
    return share * target(n, k) + (1 - share) * target(partner, k);
  });
}

/** Per sample: probabilities [B, C], losses [B], predicted class [B]. */
export function softmaxCrossEntropyForward(
  logits: Arr,
  targets: Targets,
): { probabilities: Arr; losses: Arr; predicted: number[] } {
  const c = targets.weights.length;
  const b = logits.length / c;
  const t = targetsOf(targets);
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
      losses[n] = at(losses, n) - at(t, n * c + k) * logP;
    });
  }
  return { probabilities, losses, predicted };
}

/** Gradient of the mean loss with respect to the logits. */
export function softmaxCrossEntropyBackward(probabilities: Arr, targets: Targets): Arr {
  const c = targets.weights.length;
  const b = probabilities.length / c;
  const t = targetsOf(targets);
  return probabilities.map((p, i) => {
    const first = i - (i % c);
    const total = t.subarray(first, first + c).reduce((sum, v) => sum + v, 0);
    return (p * total - at(t, i)) / b;
  });
}
