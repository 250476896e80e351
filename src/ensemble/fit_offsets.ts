import { SMALLEST } from '../train/temperature.js';

/** A class that should be recognised in a share of its images. */
export interface RecallTarget {
  /** Position of the class. */
  readonly class: number;
  /** In (0, 1]. */
  readonly recall: number;
}

/** Offsets beyond this mean that targets contradict each other: exp(30) outweighs any difference between two networks. */
const LARGEST = 30;
/** Below this, an offset counts as settled. */
const SETTLED = 1e-9;
const MOST_ROUNDS = 10_000;

/**
 * The smallest offsets of the logits with which each class of `targets` is recognised in its share of the rows; 0 for all other
 * classes. Adding to a class's logit moves the border at which the network decides for it, as logit adjustment does (Menon et
 * al. 2021, arXiv 2007.07314), here by as much as a wanted recall asks for.
 *
 * With the offsets of the others fixed, the offset that a class needs is read from its sorted margins: how far the logit of each
 * of its rows lies below the largest other one. A larger offset of one class never lowers what another needs. So starting from 0
 * and raising one after the other ends at the smallest offsets, or grows for ever where targets contradict each other.
 * @param probabilities [N, classes] of softmax @param labels [N]
 * @returns undefined where no offsets reach all targets
 */
export function fitOffsets(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  targets: readonly RecallTarget[],
): number[] | undefined {
  const logits = Float64Array.from(probabilities, (p) => Math.log(Math.max(p, SMALLEST)));
  const rows = targets.map((target) =>
    Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] === target.class),
  );
  const offsets = new Array<number>(classes).fill(0);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let settled = true;
    for (const [i, { class: own, recall }] of targets.entries()) {
      const margins = (rows[i] ?? []).map((row) => marginOf(logits, row, classes, own, offsets));
      const needed = offsetFor(
        margins.sort((a, b) => a - b),
        recall,
      );
      if (needed <= (offsets[own] ?? 0) + SETTLED) continue;
      offsets[own] = needed;
      settled = false;
      if (needed > LARGEST) return undefined;
    }
    if (settled) return offsets;
  }
  return undefined;
}

/** How much must be added to the logit of a class so that it equals the largest other one of a row. */
function marginOf(
  logits: Float64Array,
  row: number,
  classes: number,
  own: number,
  offsets: readonly number[],
): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) {
    if (c !== own) largest = Math.max(largest, (logits[row * classes + c] as number) + (offsets[c] ?? 0));
  }
  return largest - (logits[row * classes + own] as number);
}

/** An offset, 0 or more, above a share of the margins: halfway to the next one, so that rounding does not undo it. */
function offsetFor(sorted: readonly number[], share: number): number {
  const count = Math.ceil(share * sorted.length - 1e-9);
  const last = sorted[count - 1];
  if (last === undefined || last < 0) return 0;
  const next = sorted[count] ?? last + 0.01;
  return Math.min((last + next) / 2, last + 0.01);
}
