import { percent } from '../util/axis.js';
import { Rng } from '../util/random.js';
import { hiddenLayer } from './layers.js';
import type { Method } from './method.js';

/** Repetitions of the iteration: directions whose variances differ by a tenth are then apart by 1e-4. */
const ROUNDS = 60;

/** Principal components of vectors. */
export interface Pca {
  /** [k][features]: unit vectors, by falling variance. */
  readonly components: readonly Float64Array[];
  /** [k]: variance along each, divided by n - 1. */
  readonly variances: readonly number[];
  /** Sum of the variances of all features. */
  readonly total: number;
  /** [k][n]: the vectors, minus their mean, along each component. */
  readonly scores: readonly Float64Array[];
}

/**
 * Principal component analysis (Pearson 1901) by orthogonal iteration on the centred data, without its covariance matrix. The
 * sign of a component is such that its largest element is positive.
 * @param data [n, features] @param k number of components; fewer where there are fewer features
 */
export function pca(data: Float32Array, features: number, k: number): Pca {
  const n = data.length / features;
  const centred = Float64Array.from(data);
  let total = 0;
  for (let f = 0; f < features; f++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += (centred[i * features + f] as number) / n;
    for (let i = 0; i < n; i++) {
      const v = (centred[i * features + f] as number) - mean;
      centred[i * features + f] = v;
      total += v * v;
    }
  }
  const rng = new Rng(1);
  let basis = orthonormal(
    Array.from({ length: Math.min(k, features) }, () =>
      Float64Array.from({ length: features }, () => rng.normal()),
    ),
  );
  for (let round = 0; round < ROUNDS; round++)
    basis = orthonormal(basis.map((v) => back(centred, along(centred, v), features)));
  const components = basis.map(signed);
  const scores = components.map((v) => along(centred, v));
  const variances = scores.map((s) => dot(s, s) / Math.max(1, n - 1));
  return { components, variances, total: total / Math.max(1, n - 1), scores };
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** The rows of data [n, features] along v. */
function along(data: Float64Array, v: Float64Array): Float64Array {
  return Float64Array.from({ length: data.length / v.length }, (_, i) =>
    dot(data.subarray(i * v.length, (i + 1) * v.length), v),
  );
}

/** The sum of the rows of data [n, features], each times its weight. */
function back(data: Float64Array, weights: Float64Array, features: number): Float64Array {
  const sum = new Float64Array(features);
  for (let i = 0; i < data.length; i++) {
    sum[i % features] =
      (sum[i % features] as number) + (weights[Math.floor(i / features)] as number) * (data[i] as number);
  }
  return sum;
}

/** Gram-Schmidt; a vector that depends on the ones before it becomes 0. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    const v = Float64Array.from(vector);
    const before = Math.sqrt(dot(v, v));
    for (const other of made) {
      const share = dot(v, other);
      for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) - share * (other[i] as number);
    }
    const length = Math.sqrt(dot(v, v));
    const scale = length > 1e-10 * before ? 1 / length : 0;
    made.push(v.map((x) => x * scale));
  }
  return made;
}

function signed(v: Float64Array): Float64Array {
  const most = v.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return most < 0 ? v.map((x) => -x) : v;
}

/** The last hidden layer, flattened along its main directions. */
export const PCA: Method = {
  name: 'pca',
  title: 'PCA of the last hidden layer',
  shows:
    'Every face as a point: the values of the last hidden layer along the two directions in which they vary most. Classes that the network keeps apart form clouds.',
  limits:
    'Two directions show only a part of the variance, which the axes tell; classes that overlap here may be apart in others.',
  source: 'Pearson 1901',
  needs: 'faces',
  run: async ({ subject, faces }) => {
    const layer = hiddenLayer(subject.saved.network);
    const { features, featureCount } = await faces.sweep();
    const { scores, variances, total } = pca(features, featureCount, 2);
    const axis = (i: number): string =>
      `component ${i + 1} (${percent(total > 0 ? (variances[i] ?? 0) / total : 0)} of the variance)`;
    const coordinates = (i: number): number[] => [...(scores[i] ?? new Float64Array(faces.labels.length))];
    return [
      {
        ...{ kind: 'points', title: `${layer}, ${featureCount} values`, labels: [...faces.labels] },
        ...{ axes: [axis(0), axis(1)], x: coordinates(0), y: coordinates(1) },
      },
    ];
  },
};
