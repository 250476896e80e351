import { Rng } from '../util/random.js';

/** The codes of a feature are whole numbers below this. */
export const CODES = 32;

/** One row of codes per sample. */
export type Codes = readonly (readonly number[])[];

/** A node of a tree: a leaf with its mean, or a split by one feature. */
type Node =
  | number
  | { readonly feature: number; readonly most: number; readonly yes: Node; readonly no: Node };

/** A tree of a forest. */
export interface Tree {
  /** The out-of-bag samples: those that the tree was not trained with. */
  readonly unseen: readonly number[];
  /** @param code returns the code of a feature of the sample */
  predict(code: (feature: number) => number): number;
}

/** The fewest samples on either side of a split. */
const LEAF = 2;

/**
 * A random forest for regression (Breiman 2001): each tree is grown on a bootstrap sample, and each split is the best one by a
 * random third of the features. The same seed gives the same forest.
 * @param rows [samples][features]; the order of the codes is that of the values
 * @param targets one per sample
 * @param trees number of trees
 */
export function forest(rows: Codes, targets: readonly number[], trees: number, seed: number): Tree[] {
  return Array.from({ length: trees }, (_, i) => {
    const rng = new Rng(seed, i);
    const drawn = rows.map(() => rng.int(rows.length));
    const root = grow(drawn, rows, targets, rng);
    const seen = new Set(drawn);
    return {
      unseen: rows.flatMap((_, sample) => (seen.has(sample) ? [] : [sample])),
      predict: (code) => {
        let node = root;
        while (typeof node !== 'number') node = code(node.feature) <= node.most ? node.yes : node.no;
        return node;
      },
    };
  });
}

function grow(samples: readonly number[], rows: Codes, targets: readonly number[], rng: Rng): Node {
  const features = rows[0]?.length ?? 0;
  const candidates = rng
    .shuffle(Array.from({ length: features }, (_, i) => i))
    .slice(0, Math.ceil(features / 3));
  let best = { gain: 1e-12, feature: -1, most: 0 };
  for (const feature of candidates) {
    const split = bestSplit(samples, rows, targets, feature);
    if (split.gain > best.gain) best = { ...split, feature };
  }
  const { feature, most } = best;
  if (feature < 0) return samples.reduce((sum, sample) => sum + (targets[sample] ?? 0), 0) / samples.length;
  const isYes = (sample: number): boolean => (rows[sample]?.[feature] ?? 0) <= most;
  return {
    ...{ feature, most },
    yes: grow(samples.filter(isYes), rows, targets, rng),
    no: grow(
      samples.filter((sample) => !isYes(sample)),
      rows,
      targets,
      rng,
    ),
  };
}

/** The split by a feature that reduces the squared error most. */
function bestSplit(samples: readonly number[], rows: Codes, targets: readonly number[], feature: number) {
  const counts = new Uint32Array(CODES);
  const sums = new Float64Array(CODES);
  let total = 0;
  for (const sample of samples) {
    const [code, target] = [rows[sample]?.[feature] ?? 0, targets[sample] ?? 0];
    counts[code] = (counts[code] ?? 0) + 1;
    sums[code] = (sums[code] ?? 0) + target;
    total += target;
  }
  const n = samples.length;
  let [count, sum, best] = [0, 0, { gain: 0, most: 0 }];
  for (let code = 0; code < CODES; code++) {
    count += counts[code] ?? 0;
    sum += sums[code] ?? 0;
    if (count < LEAF || n - count < LEAF) continue;
    const gain = sum ** 2 / count + (total - sum) ** 2 / (n - count) - total ** 2 / n;
    if (gain > best.gain) best = { gain, most: code };
  }
  return best;
}
