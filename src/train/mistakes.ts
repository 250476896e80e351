/** A wrong answer. */
export interface Mistake {
  /** Position of the image among all, from 0. */
  readonly index: number;
  /** The true class. */
  readonly label: number;
  /** The answer. */
  readonly predicted: number;
  /** Probability of the answer. */
  readonly confidence: number;
}

/**
 * All wrong answers, the most confident first. A row that holds NaN is no answer.
 * @param probabilities [N, classes] @param labels [N]
 */
export function mistakes(probabilities: Float32Array, labels: ArrayLike<number>, classes: number): Mistake[] {
  const all = Array.from(labels, (label, index): Mistake => {
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const confidence = Math.max(...row);
    return { index, label, predicted: row.indexOf(confidence), confidence };
  });
  return all
    .filter(({ label, predicted }) => predicted >= 0 && label !== predicted)
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index);
}
