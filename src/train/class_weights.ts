import { listOf } from '../data/class_names.js';
import type { Labels } from '../data/types.js';
import { UsageError } from '../util/errors.js';

/** Largest weight of a class. */
const MOST = 1e6;

/**
 * The weight of each class in the loss.
 * @param text one number for each class, in order; or `balanced`, which gives every class the same total weight:
 *   images / (classes * images of the class), as in scikit-learn
 * Throws UsageError.
 */
export function parseClassWeights(text: string, labels: Labels, classes: readonly string[]): number[] {
  if (text === 'balanced') {
    const counts = classes.map(() => 0);
    for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
    return counts.map((count) => (count === 0 ? 1 : labels.length / (classes.length * count)));
  }
  const weights = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  const fit =
    weights.every((weight) => weight >= 0 && weight <= MOST) && weights.some((weight) => weight > 0);
  if (weights.length !== classes.length || !fit) {
    throw new UsageError(
      `class-weights "${text}": expected "balanced", or ${classes.length} numbers from 0 to ${MOST}, not all 0, for ${listOf(classes)}`,
    );
  }
  return weights;
}
