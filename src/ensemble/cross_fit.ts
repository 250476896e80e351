import { labelArray } from '../data/labels.js';
import type { Labels } from '../data/types.js';
import { DataError } from '../util/errors.js';
import { Rng } from '../util/random.js';

/** With fewer images, a half says nothing about the other one. */
const LEAST = 20;

/** Throws DataError when there are too few images to fit on one half and to measure on the other. */
export function requireEnough(images: number): void {
  if (images >= LEAST) return;
  throw new DataError(`${images} validation images are too few to fit on; expected ${LEAST} or more`);
}

/** Probabilities and labels of some rows. */
export interface Rows {
  /** For each voter - a member of an ensemble, or a network that sees one version of each image - its probabilities [N, classes]. */
  readonly votes: readonly Float32Array[];
  /** [N] */
  readonly labels: Labels;
  readonly classes: number;
}

/** The rows at some positions. */
function rowsAt({ votes, labels, classes }: Rows, positions: Uint32Array): Rows {
  const of = (all: Float32Array): Float32Array => {
    const some = new Float32Array(positions.length * classes);
    positions.forEach((row, i) => {
      some.set(all.subarray(row * classes, (row + 1) * classes), i * classes);
    });
    return some;
  };
  return {
    votes: votes.map(of),
    labels: labelArray(positions.length, classes).map((_, i) => labels[positions[i] as number] as number),
    classes,
  };
}

/**
 * Two-fold cross-fitting: the rows are halved at random, and each half gets what was fitted on the other half. So the result
 * tells what a fit gains on rows that it has not seen, which its gain on its own rows overstates.
 * @param fitOn fits on some rows, and returns what turns the votes on other rows into probabilities [n, classes]
 * @returns [N, classes] in the order of the rows
 */
export function crossFitted(
  rows: Rows,
  seed: number,
  fitOn: (rows: Rows) => (votes: readonly Float32Array[]) => Float32Array,
): Float32Array {
  const { labels, classes } = rows;
  const order = new Rng(seed).shuffle(Uint32Array.from(labels, (_, i) => i));
  const middle = Math.floor(order.length / 2);
  const halves = [order.subarray(0, middle), order.subarray(middle)] as const;
  const result = new Float32Array(labels.length * classes);
  for (const [own, other] of [halves, [halves[1], halves[0]] as const]) {
    const probabilities = fitOn(rowsAt(rows, own))(rowsAt(rows, other).votes);
    other.forEach((row, i) => {
      result.set(probabilities.subarray(i * classes, (i + 1) * classes), row * classes);
    });
  }
  return result;
}
