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
 * al. 2021, arXiv 2007.07314), here by as much as a wanted recall asks for. Recognised means that the class has the largest mean
 * over the versions of an image of softmax(logits + offsets).
 *
 * With the offsets of the others fixed, the offset that a class needs is read from its sorted margins: the smallest offset with
 * which each of its rows is recognised. A larger offset of one class never lowers what another needs. So starting from 0
 * and raising one after the other ends at the smallest offsets, or grows for ever where targets contradict each other. With
 * several versions this holds nearly: the offset of one class also moves weight from one version to another, so that a class
 * that was raised before may end a little higher than it needs to.
 * @param versions of each version its probabilities [N, classes] of softmax @param labels [N]
 * @returns undefined where no offsets reach all targets
 */
export function fitOffsets(
  versions: readonly Float32Array[],
  labels: ArrayLike<number>,
  classes: number,
  targets: readonly RecallTarget[],
): number[] | undefined {
  const rows = targets.map((target) =>
    Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] === target.class),
  );
  const offsets = new Array<number>(classes).fill(0);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let settled = true;
    for (const [i, { class: own, recall }] of targets.entries()) {
      const margins = (rows[i] ?? []).map((row) => marginOf(versions, row, own, offsets));
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

/** The smallest offset of a class with which no other class has a larger mean in a row; found by bisection, as it only rises. */
function marginOf(
  versions: readonly Float32Array[],
  row: number,
  own: number,
  offsets: readonly number[],
): number {
  const classes = offsets.length;
  const raised = offsets.map((offset) => Math.exp(offset));
  const powers = versions.map((probabilities) =>
    raised.map((by, c) => by * Math.max(probabilities[row * classes + c] as number, SMALLEST)),
  );
  const others = powers.map((power) => power.reduce((sum, p, c) => (c === own ? sum : sum + p), 0));
  const leads = (offset: number): boolean => {
    const by = Math.exp(offset) / (raised[own] as number);
    const means = offsets.map((_, c) =>
      powers.reduce((sum, power, v) => {
        const p = (power[c] as number) * (c === own ? by : 1);
        return sum + p / ((power[own] as number) * by + (others[v] as number));
      }, 0),
    );
    return means.every((mean) => mean <= (means[own] as number));
  };
  let [low, high] = [-2 * LARGEST, 2 * LARGEST];
  while (high - low > SETTLED / 4) {
    const middle = (low + high) / 2;
    if (leads(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** An offset, 0 or more, above a share of the margins: halfway to the next one, so that rounding does not undo it. */
function offsetFor(sorted: readonly number[], share: number): number {
  const count = Math.ceil(share * sorted.length - 1e-9);
  const last = sorted[count - 1];
  if (last === undefined || last < 0) return 0;
  const next = sorted[count] ?? last + 0.01;
  return Math.min((last + next) / 2, last + 0.01);
}
