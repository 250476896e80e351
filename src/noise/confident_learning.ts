/**
 * Confident learning (Northcutt, Jiang & Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70):
 * which labels are probably wrong, by the probabilities of a network that has not seen them.
 */

/** How suspects are ranked: by the probability of the given label, or by its distance to that of the likeliest other class. */
export const RANKINGS = ['self-confidence', 'margin'] as const;
export type Ranking = (typeof RANKINGS)[number];

/** An image whose label is probably wrong. */
export interface Suspect {
  /** Its row in the probabilities, from 0. */
  readonly row: number;
  /** The label that it has. */
  readonly label: number;
  /** The likeliest other class. */
  readonly proposed: number;
  /** Probability of its label. */
  readonly own: number;
  /** Probability of the proposed class. */
  readonly other: number;
  /** What the ranking goes by, in [0, 1]: the smaller, the more suspect. */
  readonly score: number;
}

/** What confident learning finds. */
export interface LabelReport {
  /** [given label][true class]: estimated number of images. */
  readonly joint: number[][];
  /** Estimated share of wrong labels, in [0, 1]. */
  readonly noise: number;
  /** Share of the images whose label is the class that was predicted, in [0, 1]: the weaker the networks, the less the rest says. */
  readonly agreement: number;
  /** The most suspect first. */
  readonly suspects: Suspect[];
}

/**
 * Finds the images whose labels are probably wrong: the confident joint, then "prune by noise rate": of each pair of classes, as
 * many images as the joint estimates, those with the largest margin first.
 * @param probabilities [N, classes], each row predicted by a network that was not trained on it
 * @param labels [N]
 */
export function findLabelErrors(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  ranking: Ranking = 'self-confidence',
): LabelReport {
  const joint = confidentJoint(probabilities, labels, classes);
  const p = (row: number, c: number): number => probabilities[row * classes + c] as number;
  const found = new Set<number>();
  for (let label = 0; label < classes; label++) {
    const rows = rowsWith(labels, label);
    for (let other = 0; other < classes; other++) {
      const count = other === label ? 0 : Math.round(joint[label]?.[other] ?? 0);
      const margin = (row: number): number => p(row, other) - p(row, label);
      const ranked = rows.toSorted((a, b) => margin(b) - margin(a) || a - b);
      for (const row of ranked.slice(0, count)) found.add(row);
    }
  }
  const all = Array.from(labels, (label, row) => suspectOf(row, label, p, classes, ranking));
  const suspects = all.filter(({ row }) => found.has(row));
  const total = labels.length;
  const right = joint.reduce((sum, row, label) => sum + (row[label] as number), 0);
  return {
    joint,
    noise: total === 0 ? 0 : 1 - right / total,
    agreement: total === 0 ? 0 : all.filter(({ own, other }) => own >= other).length / total,
    suspects: suspects.sort((a, b) => a.score - b.score || a.row - b.row),
  };
}

/**
 * The confident joint, [given label][true class], scaled to the number of images: an image counts for a class if the
 * probability of that class is at least the mean that images with this label have; for the likeliest of several such classes.
 */
export function confidentJoint(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): number[][] {
  const thresholds = Array.from({ length: classes }, (_, c) => {
    const rows = rowsWith(labels, c);
    const sum = rows.reduce((total, row) => total + (probabilities[row * classes + c] as number), 0);
    return rows.length === 0 ? Number.POSITIVE_INFINITY : sum / rows.length;
  });
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  Array.from(labels).forEach((label, row) => {
    let best = -1;
    for (let c = 0; c < classes; c++) {
      const value = probabilities[row * classes + c] as number;
      if (value < (thresholds[c] as number)) continue;
      if (best < 0 || value > (probabilities[row * classes + best] as number)) best = c;
    }
    const line = counts[label];
    if (best >= 0 && line !== undefined) line[best] = (line[best] as number) + 1;
  });
  // Each row is scaled to the number of images with that label; one without confident images is taken to be right.
  return counts.map((line, label) => {
    const images = rowsWith(labels, label).length;
    const confident = line.reduce((sum, count) => sum + count, 0);
    if (confident === 0) return line.map((_, c) => (c === label ? images : 0));
    return line.map((count) => (count * images) / confident);
  });
}

function suspectOf(
  row: number,
  label: number,
  p: (row: number, c: number) => number,
  classes: number,
  ranking: Ranking,
): Suspect {
  let proposed = label === 0 ? 1 : 0;
  for (let c = 0; c < classes; c++) if (c !== label && p(row, c) > p(row, proposed)) proposed = c;
  const [own, other] = [p(row, label), p(row, proposed)];
  const score = ranking === 'margin' ? (own - other + 1) / 2 : own;
  return { row, label, proposed, own, other, score };
}

function rowsWith(labels: ArrayLike<number>, label: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < labels.length; row++) if (labels[row] === label) rows.push(row);
  return rows;
}
