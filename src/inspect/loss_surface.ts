import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { Rng } from '../util/random.js';
import type { Faces, Method } from './method.js';
import type { Subject } from './subject.js';

/** Points per axis, and the distance of the outermost from the weights, in filter norms. */
const [POINTS, REACH] = [9, 1];
/** Faces whose loss is measured, spread over the split. */
const FACES = 128;
/** Faces per batch. */
const BATCH = 64;

/**
 * A random direction in the space of the weights, filter-normalised (Li et al. 2018): each filter is as long as the network's
 * own. Biases and batch norm's weights do not move. A filter is all weights that make one output channel.
 */
export function filterDirection(weights: NamedArrays, rng: Rng): Map<string, NamedArray> {
  const direction = new Map<string, NamedArray>();
  for (const [name, { shape, data }] of weights) {
    const random = new Float32Array(data.length);
    direction.set(name, { shape, data: random });
    if (shape.length < 2) continue;
    // Kernels end in [..., inputs, outputs]; a depthwise one in [..., channels, multiplier], where each pair is a filter.
    const depthwise = name.endsWith('depthwise_kernel');
    const filters = (shape.at(-1) ?? 1) * (depthwise ? (shape.at(-2) ?? 1) : 1);
    for (let i = 0; i < random.length; i++) random[i] = rng.normal();
    const norms = (values: Float32Array): Float64Array => {
      const squares = new Float64Array(filters);
      for (let i = 0; i < values.length; i++) {
        squares[i % filters] = (squares[i % filters] as number) + (values[i] as number) ** 2;
      }
      return squares.map(Math.sqrt);
    };
    const [own, made] = [norms(data), norms(random)];
    for (let i = 0; i < random.length; i++) {
      const f = i % filters;
      random[i] = ((random[i] as number) * (own[f] as number)) / Math.max(1e-12, made[f] as number);
    }
  }
  return direction;
}

/** The loss on a grid around the weights. */
export interface LossSurface {
  /** Coordinates of the grid, ascending; the middle one is 0. */
  readonly at: readonly number[];
  /** [row][column] */
  readonly values: readonly (readonly number[])[];
  /** Faces that the loss is of. */
  readonly count: number;
}

/**
 * Measures the cross-entropy of some faces at weights + x * a + y * b, for two random filter-normalised directions a and b.
 * The weights are restored afterwards, also after an error.
 */
export async function lossSurface(
  subject: Subject,
  faces: Pick<Faces, 'images' | 'labels'>,
  seed: number,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<LossSurface> {
  const { learner, saved } = subject;
  const { weights } = saved;
  const a = filterDirection(weights, new Rng(seed, 0));
  const b = filterDirection(weights, new Rng(seed, 1));
  const chosen = spread(subject, faces);
  const loss = async (x: number, y: number): Promise<number> => {
    learner.writeWeights(moved(weights, [a, x], [b, y]));
    for (const { input, labels } of chosen) await learner.evaluate(input, labels);
    const { batches } = await learner.evaluationMetrics();
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    return batches.reduce((sum, batch) => sum + batch.loss * batch.count, 0) / count;
  };
  const half = (POINTS - 1) / 2;
  const at = Array.from({ length: POINTS }, (_, i) => (REACH * (i - half)) / half);
  const values: number[][] = [];
  try {
    for (const [row, y] of at.entries()) {
      const line: number[] = [];
      for (const [column, x] of at.entries()) {
        line.push(await loss(x, y));
        progress(row * POINTS + column + 1, POINTS * POINTS);
      }
      values.push(line);
    }
  } finally {
    learner.writeWeights(weights);
  }
  return { at, values, count: chosen.reduce((sum, { labels }) => sum + labels.length, 0) };
}

/** The weights, moved along two directions. */
function moved(
  weights: NamedArrays,
  [a, x]: readonly [NamedArrays, number],
  [b, y]: readonly [NamedArrays, number],
): NamedArrays {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const [da, db] = [a.get(name)?.data, b.get(name)?.data];
      const values = data.map((w, i) => w + x * (da?.[i] ?? 0) + y * (db?.[i] ?? 0));
      return [name, { shape, data: values }];
    }),
  );
}

/** Batches of faces, spread evenly over all. */
function spread(subject: Subject, { images, labels }: Pick<Faces, 'images' | 'labels'>) {
  const count = Math.min(FACES, labels.length);
  const pixels = images.length / labels.length;
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * labels.length) / count));
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => {
    const some = chosen.slice(batch * BATCH, (batch + 1) * BATCH);
    const gray = new Uint8Array(some.length * pixels);
    some.forEach((index, i) => {
      gray.set(images.subarray(index * pixels, (index + 1) * pixels), i * pixels);
    });
    return {
      input: subject.input(gray, 1),
      labels: Uint32Array.from(some, (index) => labels[index] as number),
    };
  });
}

/** How the loss changes around the weights. */
export const LOSS_SURFACE: Method = {
  name: 'loss-surface',
  title: 'Slice of the loss surface',
  shows:
    'The loss when all weights move along two random directions, each filter in proportion to its size: the middle is the network itself. A flat, round valley is typical of networks that generalise.',
  limits:
    'Two directions out of hundreds of thousands: a slice without hills does not mean that there are none.',
  source: 'Li et al. 2018, arXiv 1712.09913',
  needs: 'faces',
  run: async ({ subject, faces, seed, progress }) => {
    const { at, values, count } = await lossSurface(subject, faces, seed, progress);
    const quantity = `cross-entropy of ${count} faces`;
    const middle = values[(POINTS - 1) / 2]?.[(POINTS - 1) / 2] ?? 0;
    const note = `The network itself: ${middle.toFixed(3)}. One unit moves every filter by its own length.`;
    return [{ kind: 'surface', title: 'Loss around the weights', at, values, quantity, note }];
  },
};
