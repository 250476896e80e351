import { type Arr, at } from './arrays.js';

/** Settings of the distilled loss. */
export interface Distilling {
  readonly temperature: number;
  /** Share of the cross-entropy with the labels. */
  readonly hard: number;
}

/** Softmax of logits / temperature, row by row. @param logits [B, C] */
function softened(logits: Arr, classes: number, temperature: number): Arr {
  const result = new Float64Array(logits.length);
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes).map((z) => z / temperature);
    const top = Math.max(...row);
    const total = row.reduce((sum, z) => sum + Math.exp(z - top), 0);
    row.forEach((z, c) => {
      result[first + c] = Math.exp(z - top) / total;
    });
  }
  return result;
}

/**
 * Losses [B] of a distilled step, and `klGradient` [B, C], the gradient of T^2 KL of each image with respect to its logits.
 * @param losses [B], cross-entropies with the labels @param logits [B, C] @param teacher probabilities [B, C]
 */
export function distillForward(
  logits: Arr,
  teacher: Arr,
  losses: Arr,
  { temperature: t, hard }: Distilling,
): { losses: Arr; klGradient: Arr } {
  const c = logits.length / losses.length;
  const s = softened(logits, c, t);
  const q = softened(teacher.map(Math.log), c, t);
  const mixed = losses.map((loss, n) => {
    let divergence = 0;
    for (let k = n * c; k < (n + 1) * c; k++) divergence += at(q, k) * Math.log(at(q, k) / at(s, k));
    return hard * loss + (1 - hard) * t * t * divergence;
  });
  return { losses: mixed, klGradient: s.map((p, i) => t * (p - at(q, i))) };
}

/** Gradient of the mean loss with respect to the logits. @param dlogits [B, C], of the cross-entropy with the labels */
export function distillBackward(dlogits: Arr, klGradient: Arr, b: number, { hard }: Distilling): Arr {
  return dlogits.map((d, i) => hard * d + ((1 - hard) * at(klGradient, i)) / b);
}

/** Turns images normalised for the student into those that a teacher expects. @param images [B, H, W, C] @param shift [H, W] */
export function renormalize(images: Arr, shift: Arr, scale: number, channels: number): Arr {
  return images.map((x, i) => x * scale + at(shift, Math.floor((i % (shift.length * channels)) / channels)));
}

/** Adds a teacher's probabilities, times its share, to the votes [B, C]. @param outputs [C]: the teacher's output for each class */
export function addVote(votes: Arr, probabilities: Arr, outputs: readonly number[], share: number): Arr {
  const c = outputs.length;
  return votes.map((sum, i) => sum + share * at(probabilities, i - (i % c) + (outputs[i % c] ?? 0)));
}
