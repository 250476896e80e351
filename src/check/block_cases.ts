import { eightLanes } from '../gpu/adapter.js';
import { normGeometry } from '../gpu/kernels/batch_norm.js';
import { conv2dGradients } from '../gpu/kernels/conv2d.js';
import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { denseBlockGradients, denseBlockTrain } from '../gpu/kernels/dense_block.js';
import { eluNormPoolBackward, eluNormPoolGradients, eluNormPoolTrain } from '../gpu/kernels/elu_norm_pool.js';
import { applyBlockEnd, prepareNorm } from '../gpu/kernels/inference_block.js';
import { withForced } from '../gpu/tuning.js';
import * as activations from '../reference/activations.js';
import * as norm from '../reference/batch_norm.js';
import { conv2dBackward } from '../reference/conv2d.js';
import * as drop from '../reference/dropout.js';
import * as pool from '../reference/max_pool2d.js';
import { compare, inGrains, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

const EPSILON = 1e-3;
const MOMENTUM = 0.99;
const ALPHA = 1;
const [SEED, STEP, LAYER] = [77, 3, 5];

type BlockShape = readonly [b: number, h: number, w: number, c: number];

/** Inputs of a block, and the expected outputs: the float64 reference of ELU, batch norm, pooling and dropout in turn. */
function blockOf([b, h, w, c]: BlockShape, size: number, rate: number, ties: boolean) {
  const inputs = new Inputs(b * h * w * c + size);
  const n = b * h * w * c;
  const z = ties ? inputs.oneOf(n, [-0.5, 0.25, 0.5]) : inputs.floats(n);
  const [oh, ow] = [Math.floor(h / size), Math.floor(w / size)];
  const pooled = b * oh * ow * c;
  const dy = inputs.floats(pooled);
  const { gamma, beta, mean, variance, tensors } = inputs.norm(c);
  const e = activations.eluForward(z.f64, ALPHA);
  const values = {
    z: { data: z.f32, shape: [b, h, w, c] },
    e: { data: Float32Array.from(e), shape: [b, h, w, c] },
    dy: { data: dy.f32, shape: [b, oh, ow, c] },
    step: { data: new Uint32Array([STEP, SEED, 0, 0]), shape: [4] },
    ...tensors,
  };
  const g = normGeometry([b, h, w, c]);
  const windows = { ...{ b, h, w, c, size, stride: size }, padding: 'valid' } as const;
  const own = norm.statistics(e, g);
  const forward = (m: typeof own) =>
    pool.maxPool2dForward(norm.normalize(e, gamma.f64, beta.f64, m.mean, m.variance, EPSILON, g), windows);
  const trained = forward(own);
  const mask = drop.dropoutMask(pooled, rate, SEED, STEP, LAYER);
  const du = pool.maxPool2dBackward(drop.dropoutApply(dy.f64, mask, rate), trained.source, n);
  const { dx, dgamma, dbeta } = norm.batchNormBackward(
    du,
    e,
    gamma.f64,
    own.mean,
    own.variance,
    EPSILON,
    g,
    true,
  );
  const options = {
    ...{ alpha: ALPHA, epsilon: EPSILON, momentum: MOMENTUM, poolSize: size },
    dropout: { rate, layer: LAYER },
  };
  const want = {
    inferred: forward({ mean: mean.f64, variance: variance.f64 }).y,
    y: drop.dropoutApply(trained.y, mask, rate),
    dz: activations.eluBackward(dx, z.f64, ALPHA),
    ...{ dgamma, dbeta },
    movingMean: norm.moved(mean.f64, own.mean, MOMENTUM),
    movingVariance: norm.moved(variance.f64, own.variance, MOMENTUM),
  };
  return { inputs, values, options, want };
}

const titleOf = (shape: BlockShape, size: number, rate: number, ties: boolean): string =>
  `block of [${shape.join(', ')}], pool ${size}, dropout ${rate}${ties ? ', ties' : ''}`;

/** The fused kernels of a block. */
function blockCase(shape: BlockShape, size: number, rate: number, ties = false): KernelCase {
  return {
    kernels: [
      ...['statistics', 'forward', 'gradient_sums', 'finish_gradients', 'input_gradient'].map(
        (entry) => `elu_norm_pool.${entry}`,
      ),
      'batch_norm.finish',
      'inference_block.prepare',
      'inference_block.apply',
    ],
    title: titleOf(shape, size, rate, ties),
    run: (gpu) => {
      const { values, options, want } = blockOf(shape, size, rate, ties);
      return compare(gpu, values, (rec, t) => {
        // Inference first, because training updates the moving averages that it reads.
        const inferred = applyBlockEnd(rec, t.z, { ...prepareNorm(rec, t, EPSILON), ...options });
        const { y, saved } = eluNormPoolTrain(rec, { e: t.e }, t, t.step, options);
        const { dz, dgamma, dbeta } = eluNormPoolBackward(rec, t.dy, t.e, t, saved, options);
        return {
          inferred: { got: inferred, want: want.inferred },
          y: { got: y, want: want.y },
          dz: { got: dz, want: want.dz },
          dgamma: { got: dgamma, want: want.dgamma },
          dbeta: { got: dbeta, want: want.dbeta },
          movingMean: { got: t.movingMean, want: want.movingMean },
          movingVariance: { got: t.movingVariance, want: want.movingVariance },
        };
      });
    },
  };
}

/** The end of a block alone, as in the inference of a dense layer. */
function endCase(b: number, c: number): KernelCase {
  return {
    kernels: ['inference_block.prepare', 'inference_block.apply'],
    title: `end of a block of [${b}, ${c}]`,
    run: (gpu) => {
      const { values, options, want } = blockOf([b, 1, 1, c], 1, 0, false);
      return compare(gpu, { ...values, z: { ...values.z, shape: [b, c] } }, (rec, t) => ({
        y: {
          got: applyBlockEnd(rec, t.z, { ...prepareNorm(rec, t, EPSILON), ...options }),
          want: want.inferred,
        },
      }));
    },
  };
}

/** The fused kernels of what follows a dense layer. */
function denseBlockCase(b: number, c: number, rate: number): KernelCase {
  return {
    kernels: ['dense_block.forward', 'dense_block.gradients'],
    title: `dense block of [${b}, ${c}], dropout ${rate}`,
    run: (gpu) => {
      const { values, options, want } = blockOf([b, 1, 1, c], 1, rate, false);
      const flat = (array: (typeof values)['z']) => ({ ...array, shape: [b, c] });
      const db = new Float64Array(c);
      want.dz.forEach((v, i) => {
        db[i % c] = (db[i % c] ?? 0) + v;
      });
      return compare(gpu, { ...values, z: flat(values.z), dy: flat(values.dy) }, (rec, t) => {
        const y = denseBlockTrain(rec, t.z, t, t.step, options);
        const made = denseBlockGradients(rec, t.dy, t.z, t, t.step, options);
        return {
          y: { got: y, want: want.y },
          dz: { got: made.dz, want: want.dz },
          dgamma: { got: made.dgamma, want: want.dgamma },
          dbeta: { got: made.dbeta, want: want.dbeta },
          db: { got: made.db, want: db },
          movingMean: { got: t.movingMean, want: want.movingMean },
          movingVariance: { got: t.movingVariance, want: want.movingVariance },
        };
      });
    },
  };
}

/** The gradients of a convolution computed from its block's gradient, without storing dz. */
function blockGradientCase(
  way: 'winograd4' | 'winograd6' | 'gray',
  shape: BlockShape,
  size: number,
  rate: number,
  ties = false,
): KernelCase {
  const [b, h, w, c] = shape;
  const gray = way === 'gray';
  const ic = gray ? 1 : 8;
  return {
    kernels: [gray ? 'conv2d_gray.weight_gradient' : 'conv2d_winograd_block_lanes.transform'],
    title: `${way}, gradients from a ${titleOf(shape, size, rate, ties)}`,
    ...(!gray && { possible: eightLanes }),
    run: (gpu) => {
      const { inputs, values, options, want } = blockOf(shape, size, rate, ties);
      const [x, weight] = [inputs.floats(b * h * w * ic), inputs.floats(9 * ic * c)];
      const s = { ...{ b, h, w, ic, oc: c, kh: 3, kw: 3, stride: 1 }, padding: 'same' } as const;
      const g = convGeometry([b, h, w, ic], [3, 3, ic, c], s);
      const gradients = conv2dBackward(Float64Array.from(want.dz), x.f64, weight.f64, s);
      const operands = {
        x: { data: x.f32, shape: [b, h, w, ic] },
        weight: { data: weight.f32, shape: [3, 3, ic, c] },
      };
      return withForced(gpu, { conv2d: way, winograd: 'lanes' }, () =>
        compare(gpu, { ...values, ...operands }, (rec, t) => {
          const { saved } = eluNormPoolTrain(rec, { e: t.e }, t, t.step, options);
          const { gradient } = eluNormPoolGradients(rec, t.dy, t.e, t, saved, options);
          const { dx, dw, db } = conv2dGradients(rec, t, gradient, g, { inputGradient: !gray });
          return {
            ...(dx && { dx: { got: dx, want: gradients.dx } }),
            dw: { got: dw, want: gradients.dw },
            db: { got: db, want: gradients.db },
          };
        }),
      );
    },
  };
}

export const BLOCK_CASES: readonly KernelCase[] = [
  ...[
    blockCase([3, 6, 8, 4], 2, 0.2),
    blockCase([2, 7, 5, 12], 2, 0),
    blockCase([2, 9, 9, 4], 3, 0.5),
    blockCase([2, 6, 6, 8], 2, 0.2, true),
    blockCase([4, 5, 4, 8], 1, 0),
    blockCase([28, 1, 1, 64], 1, 0.5),
    blockCase([5, 14, 21, 44], 2, 0.2),
  ].flatMap(inGrains),
  endCase(3, 44),
  denseBlockCase(28, 64, 0.5),
  denseBlockCase(3, 4, 0),
  denseBlockCase(70, 44, 0.3),
  ...(['winograd4', 'winograd6'] as const).flatMap((way) => [
    blockGradientCase(way, [3, 6, 8, 4], 2, 0.2),
    blockGradientCase(way, [2, 13, 7, 12], 2, 0),
    blockGradientCase(way, [2, 12, 6, 8], 2, 0.2, true),
    blockGradientCase(way, [4, 9, 14, 8], 1, 0),
  ]),
  ...[
    blockGradientCase('gray', [4, 9, 14, 8], 1, 0),
    blockGradientCase('gray', [2, 6, 8, 4], 2, 0.2),
    blockGradientCase('gray', [2, 6, 6, 8], 2, 0.2, true),
    blockGradientCase('gray', [3, 6, 48, 4], 2, 0.2), // rows in several runs
    blockGradientCase('gray', [2, 7, 8, 4], 2, 0), // no window covers the last row, so dz is stored first
  ].flatMap(inGrains),
];
