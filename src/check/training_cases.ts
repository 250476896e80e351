import { eightLanes } from '../gpu/adapter.js';
import type { Gpu } from '../gpu/device.js';
import { conv2dForward, conv2dGradients } from '../gpu/kernels/conv2d.js';
import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { eluNormDeferred, eluNormPoolGradients, eluNormPoolTrain } from '../gpu/kernels/elu_norm_pool.js';
import { withForced } from '../gpu/tuning.js';
import * as activations from '../reference/activations.js';
import * as norm from '../reference/batch_norm.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { dropoutApply, dropoutMask } from '../reference/dropout.js';
import { maxPool2dBackward, maxPool2dForward } from '../reference/max_pool2d.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

/**
 * Blocks of a convolution as a training step records them, forward and backward: the same kernels with the same constants, and no
 * others. So the check before the first training compiles hardly any kernel that the training does not need.
 */

const EPSILON = 1e-3;
const MOMENTUM = 0.99;
const ALPHA = 1;
const [SEED, STEP, LAYER] = [77, 5, 3];

interface Way {
  readonly forced: Readonly<Record<string, string>>;
  readonly name: string;
  /** Edge of a map that its tiles cover exactly, so that it can compute the moments. */
  readonly edge: number;
  readonly kernels: readonly string[];
  readonly possible?: (gpu: Gpu) => boolean;
}

const winograd = (edge: 4 | 6, lanes: boolean): Way => ({
  forced: { conv2d: `winograd${edge}`, winograd: lanes ? 'lanes' : 'threads' },
  name: `winograd${edge}${lanes ? ' in lanes' : ''}`,
  edge: 2 * edge,
  kernels: ['winograd', 'winograd_gradient'].flatMap((shader) =>
    (shader === 'winograd' ? ['transforms', 'output_transform'] : ['gradients']).map(
      (entry) => `conv2d_${shader}${lanes ? '_lanes' : ''}.${entry}`,
    ),
  ),
  ...(lanes && { possible: eightLanes }),
});
const GRAY: Way = {
  ...{ forced: { conv2d: 'gray' }, name: 'gray', edge: 6 },
  kernels: ['conv2d_gray.forward', 'conv2d_gray.weight_gradient', 'conv2d_gray.fold_gradients'],
};

/**
 * With 2 x 2 windows there is dropout too. Without pooling, normalisation is deferred to the next convolution, so the case compares
 * the `affine` that it would apply.
 */
function trainingCase(way: Way, ic: number, poolSize: 1 | 2, seed: number): KernelCase {
  const { forced, name, edge, possible } = way;
  const s: ConvShape = { b: 2, h: edge, w: edge, ic, oc: 8, kh: 3, kw: 3, stride: 1, padding: 'same' };
  const rate = poolSize === 2 ? 0.2 : 0;
  const blocks = name.endsWith('lanes') ? ['conv2d_winograd_block_lanes.transform'] : [];
  const pooling = poolSize === 2 ? ['elu_norm_pool.forward_winners'] : [];
  return {
    kernels: [
      ...[...way.kernels, ...blocks, ...pooling, 'batch_norm.finish'],
      ...['elu_norm_pool.gradient_sums', 'elu_norm_pool.finish_gradients'],
    ],
    title: `training of a block, pool ${poolSize}, dropout ${rate}, ${name}`,
    forced,
    ...(possible && { possible }),
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const [x, weight, bias] = [
        inputs.floats(2 * edge * edge * ic),
        inputs.floats(72 * ic),
        inputs.floats(8),
      ];
      const { gamma, beta, mean, variance, tensors } = inputs.norm(8);
      const g = convGeometry([2, edge, edge, ic], [3, 3, ic, 8], s);
      const pooledEdge = edge / poolSize;
      const dy = inputs.floats(2 * pooledEdge * pooledEdge * 8);
      const values = {
        x: { data: x.f32, shape: [2, edge, edge, ic] },
        weight: { data: weight.f32, shape: [3, 3, ic, 8] },
        bias: { data: bias.f32, shape: [8] },
        dy: { data: dy.f32, shape: [2, pooledEdge, pooledEdge, 8] },
        step: { data: new Uint32Array([STEP, SEED, 0, 0]), shape: [4] },
        ...tensors,
      };
      const z = referenceForward(x.f64, weight.f64, bias.f64, s);
      const e = activations.eluForward(z, ALPHA);
      const channels = { outer: 2 * edge * edge, channels: 8, inner: 1 };
      const own = norm.statistics(e, channels);
      const u = norm.normalize(e, gamma.f64, beta.f64, own.mean, own.variance, EPSILON, channels);
      const windows = { b: 2, h: edge, w: edge, c: 8, size: poolSize, stride: poolSize };
      const pooled = maxPool2dForward(u, { ...windows, padding: 'valid' });
      const mask = dropoutMask(dy.f64.length, rate, SEED, STEP, LAYER);
      const du = maxPool2dBackward(dropoutApply(dy.f64, mask, rate), pooled.source, e.length);
      const backward = norm.batchNormBackward(
        ...([du, e, gamma.f64, own.mean, own.variance, EPSILON, channels, true] as const),
      );
      const want = conv2dBackward(activations.eluBackward(backward.dx, z, ALPHA), x.f64, weight.f64, s);
      const scale = gamma.f64.map((v, c) => v / Math.sqrt((own.variance[c] as number) + EPSILON));
      const offset = beta.f64.map((v, c) => v - (own.mean[c] as number) * (scale[c] as number));
      const options = {
        ...{ alpha: ALPHA, epsilon: EPSILON, momentum: MOMENTUM, poolSize },
        dropout: { rate, layer: LAYER },
      };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const made = conv2dForward(rec, t, g, {
            ...{ training: true, alpha: ALPHA, moments: true },
            gamma: poolSize === 2 ? t.gamma : undefined,
          });
          const input = { ...made, e: made.y };
          const ended =
            poolSize === 2
              ? eluNormPoolTrain(rec, input, t, t.step, options)
              : eluNormDeferred(rec, input, t, options);
          const { gradient, dgamma, dbeta } = eluNormPoolGradients(
            ...([rec, t.dy, made.y, t, ended.saved, options] as const),
          );
          const gradients = conv2dGradients(rec, t, gradient, g, { kept: made.kept, inputGradient: ic > 1 });
          return {
            ...('y' in ended
              ? { y: { got: ended.y, want: dropoutApply(pooled.y, mask, rate) } }
              : { affine: { got: ended.affine, want: [...scale, ...offset] } }),
            ...(gradients.dx && { dx: { got: gradients.dx, want: want.dx } }),
            dw: { got: gradients.dw, want: want.dw },
            db: { got: gradients.db, want: want.db },
            dgamma: { got: dgamma, want: backward.dgamma },
            dbeta: { got: dbeta, want: backward.dbeta },
            movingMean: { got: t.movingMean, want: norm.moved(mean.f64, own.mean, MOMENTUM) },
            movingVariance: { got: t.movingVariance, want: norm.moved(variance.f64, own.variance, MOMENTUM) },
          };
        }),
      );
    },
  };
}

const WAYS = [winograd(4, false), winograd(6, false), winograd(4, true), winograd(6, true)];

export const TRAINING_CASES: readonly KernelCase[] = [
  ...([2, 1] as const).map((poolSize) => trainingCase(GRAY, 1, poolSize, 1500 + poolSize)),
  ...WAYS.flatMap((way, k) =>
    ([2, 1] as const).map((poolSize) => trainingCase(way, 4, poolSize, 1510 + 10 * k + poolSize)),
  ),
];
