/** Precision, recall and F1 of one class. */
export interface ClassMetrics {
  /** Of the class. */
  readonly name: string;
  /** Share of the predictions of this class that are right; 0 without predictions. */
  readonly precision: number;
  /** Share of the images of this class that are recognised; 0 without images. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** Per-class metrics from confusion counts [true class][predicted class]. */
export function classMetrics(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): ClassMetrics[] {
  return classes.map((name, c) => {
    const hits = confusion[c]?.[c] ?? 0;
    const support = (confusion[c] ?? []).reduce((sum, n) => sum + n, 0);
    const called = confusion.reduce((sum, row) => sum + (row[c] ?? 0), 0);
    const precision = called === 0 ? 0 : hits / called;
    const recall = support === 0 ? 0 : hits / support;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { name, precision, recall, f1, support };
  });
}

/** One class that is taken for another. */
export interface Confusion {
  /** The true class. */
  readonly from: string;
  /** What it is taken for. */
  readonly to: string;
  /** Images. */
  readonly count: number;
  /** Of the images of the true class, in [0, 1]. */
  readonly share: number;
}

/** The most frequent confusions by share, `most` of them. @param counts [true class][predicted class] */
export function confusions(
  counts: readonly (readonly number[])[],
  classes: readonly string[],
  most: number,
): Confusion[] {
  const all = counts.flatMap((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, j) =>
      i === j || count === 0
        ? []
        : [{ from: classes[i] ?? '', to: classes[j] ?? '', count, share: count / sum }],
    );
  });
  return all.sort((a, b) => b.share - a.share || b.count - a.count).slice(0, Math.max(0, most));
}

/** Metrics of probabilities [N, classes] against the true labels [N]. */
export interface ProbabilityMetrics {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share of right answers, in [0, 1]. */
  readonly accuracy: number;
  /** Share of images whose class is among the two most probable. */
  readonly top2: number;
  /**
   * Expected calibration error (Guo et al. 2017, arXiv 1706.04599): the difference between confidence and accuracy in each
   * bin of `reliability`, averaged with the number of images as weight. 0 is perfect.
   */
  readonly ece: number;
  /**
   * What `ece` would be on as many images, from chance alone, if the network were right exactly as often as it says. It shrinks
   * with the square root of the number of images.
   */
  readonly eceByChance: number;
  /** [true class][predicted class]. */
  readonly confusion: number[][];
}

/** Images of similar confidence: one bar of a reliability diagram. */
export interface ReliabilityBin {
  /** The lowest confidence of the bin; it belongs to it. */
  readonly from: number;
  /** The confidence where the next bin begins. Certainty, 1, belongs to the last bin. */
  readonly to: number;
  /** Images. */
  readonly count: number;
  /** Their mean confidence, in [0, 1]; 0 without images. */
  readonly confidence: number;
  /** Share of right answers, in [0, 1]; 0 without images. */
  readonly accuracy: number;
}

const BINS = 15;

/**
 * Compares confidence with accuracy: images in 15 bins of equal width, by the probability of the most probable class. A row
 * that holds NaN is in no bin.
 * @param probabilities [N, classes] @param labels [N]
 */
export function reliability(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): ReliabilityBin[] {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (let i = 0; i < labels.length; i++) {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const confidence = Math.max(...row);
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    if (bin === undefined) continue; // NaN
    bin.count++;
    bin.confidence += confidence;
    bin.correct += Number(row.indexOf(confidence) === labels[i]);
  }
  return bins.map(({ count, confidence, correct }, b) => ({
    ...{ from: b / BINS, to: (b + 1) / BINS, count },
    confidence: count === 0 ? 0 : confidence / count,
    accuracy: count === 0 ? 0 : correct / count,
  }));
}

/** All metrics of probabilities [N, classes] against the true labels [N]. */
export function probabilityMetrics(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): ProbabilityMetrics {
  const n = labels.length;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let [loss, correct, second] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const label = labels[i] as number;
    const own = row[label] as number;
    const order = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number));
    const first = order[0] as number;
    loss -= Math.log(Math.max(own, 1e-30));
    correct += Number(first === label);
    second += Number(order.slice(0, 2).includes(label));
    const counts = confusion[label] as number[];
    counts[first] = (counts[first] ?? 0) + 1;
  }
  const bins = reliability(probabilities, labels, classes);
  const ece = bins.reduce(
    (sum, { count, confidence, accuracy }) => sum + count * Math.abs(accuracy - confidence),
    0,
  );
  // The number of right answers in a bin is binomial, nearly normal: on average sqrt(2 / pi) of its deviation from its mean.
  const chance = bins.reduce(
    (sum, { count, confidence }) => sum + Math.sqrt((2 / Math.PI) * count * confidence * (1 - confidence)),
    0,
  );
  return {
    ...{ loss: loss / n, accuracy: correct / n, top2: second / n },
    ...{ ece: ece / n, eceByChance: chance / n, confusion },
  };
}

/** Unweighted mean of the F1 scores of all classes. */
export function macroF1(perClass: readonly ClassMetrics[]): number {
  return perClass.reduce((sum, { f1 }) => sum + f1, 0) / perClass.length;
}
