import {
  ACTIVATION_KERNELS,
  ACTIVATION_OPS,
  type ActivationKernels,
  type ActivationOp,
} from '../gpu/kernels/activations.js';
import {
  batchNormBackward,
  batchNormInfer,
  batchNormTrain,
  normGeometry,
} from '../gpu/kernels/batch_norm.js';
import { copy, multiplyAdd } from '../gpu/kernels/ceiling.js';
import { channelDropoutApply, dropoutApply } from '../gpu/kernels/dropout.js';
import { add, addInto, fill } from '../gpu/kernels/elementwise.js';
import { maxPool2dBackward, maxPool2dForward, poolGeometry } from '../gpu/kernels/max_pool2d.js';
import { columnSums } from '../gpu/kernels/reduce.js';
import { softmaxBackward, softmaxForward } from '../gpu/kernels/softmax.js';
import type { Shape } from '../gpu/shape.js';
import { activationBackward, activationForward, trialSettings } from '../reference/activations.js';
import { both } from '../reference/arrays.js';
import * as norm from '../reference/batch_norm.js';
import * as drop from '../reference/dropout.js';
import * as pool from '../reference/max_pool2d.js';
import * as softmax from '../reference/softmax.js';
import { compare, inGrains, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
const EPSILON = 1e-3;
const MOMENTUM = 0.99;

function activationCase(n: number, op: ActivationOp): KernelCase {
  const { keeps, forward, backward }: ActivationKernels = ACTIVATION_KERNELS[op];
  const settings = trialSettings(op);
  return {
    kernels: [`${op}.forward`, `${op}.backward`],
    title: `${op} of ${n} values`,
    run: (gpu) => {
      const inputs = new Inputs(n);
      const [x, dy] = [inputs.floats(n, -3, 3), inputs.floats(n)];
      const values = { x: { data: x.f32, shape: [n] }, dy: { data: dy.f32, shape: [n] } };
      return compare(gpu, values, (rec, t) => {
        const y = forward(rec, t.x, settings);
        return {
          y: { got: y, want: activationForward(op, x.f64, settings) },
          dx: {
            got: backward(rec, t.dy, keeps === 'x' ? t.x : y, settings),
            want: activationBackward(op, dy.f64, x.f64, settings),
          },
        };
      });
    },
  };
}

function softmaxCase(rows: number, c: number): KernelCase {
  return {
    kernels: ['softmax.forward', 'softmax.backward'],
    title: `softmax of [${rows}, ${c}]`,
    run: (gpu) => {
      const inputs = new Inputs(rows);
      const [x, dy] = [inputs.floats(rows * c, -3, 3), inputs.floats(rows * c)];
      const values = { x: { data: x.f32, shape: [rows, c] }, dy: { data: dy.f32, shape: [rows, c] } };
      const wantY = softmax.softmaxForward(x.f64, c);
      return compare(gpu, values, (rec, t) => {
        const y = softmaxForward(rec, t.x);
        return {
          y: { got: y, want: wantY },
          dx: { got: softmaxBackward(rec, t.dy, y), want: softmax.softmaxBackward(dy.f64, wantY, c) },
        };
      });
    },
  };
}

function normCase(shape: Shape, axis: number, training: boolean, offset = 0): KernelCase {
  const g = normGeometry(shape, axis);
  const mode = training ? 'training' : 'inference';
  const used = training ? ['batch_norm.statistics', 'batch_norm.finish'] : ['batch_norm.moving_rstd'];
  return {
    kernels: [
      ...used,
      ...['normalize_values', 'gradient_sums', 'finish_gradients', 'input_gradient'].map(
        (entry) => `batch_norm.${entry}`,
      ),
    ],
    title: `batch norm [${shape.join(', ')}] axis ${axis}, ${mode}${offset === 0 ? '' : `, mean near ${offset}`}`,
    run: (gpu) => {
      const inputs = new Inputs(sizeOf(shape));
      const x = inputs.floats(sizeOf(shape), offset - 2, offset + 2);
      const dy = inputs.floats(sizeOf(shape));
      const c = g.channels;
      const { gamma, beta, mean, variance, tensors } = inputs.norm(c);
      const values = {
        x: { data: x.f32, shape },
        dy: { data: dy.f32, shape },
        ...tensors,
      };
      const own = training ? norm.statistics(x.f64, g) : { mean: mean.f64, variance: variance.f64 };
      const want = norm.batchNormBackward(
        dy.f64,
        x.f64,
        gamma.f64,
        own.mean,
        own.variance,
        EPSILON,
        g,
        training,
      );
      return compare(gpu, values, (rec, t) => {
        const w = {
          gamma: t.gamma,
          beta: t.beta,
          movingMean: t.movingMean,
          movingVariance: t.movingVariance,
        };
        const { y, saved } = training
          ? batchNormTrain(rec, t.x, w, g, { epsilon: EPSILON, momentum: MOMENTUM })
          : batchNormInfer(rec, t.x, w, g, EPSILON);
        const { dx, dgamma, dbeta } = batchNormBackward(rec, t.dy, t.x, w, saved, g, training);
        return {
          y: { got: y, want: norm.normalize(x.f64, gamma.f64, beta.f64, own.mean, own.variance, EPSILON, g) },
          dx: { got: dx, want: want.dx },
          dgamma: { got: dgamma, want: want.dgamma },
          dbeta: { got: dbeta, want: want.dbeta },
          movingMean: {
            got: w.movingMean,
            want: training ? norm.moved(mean.f64, own.mean, MOMENTUM) : mean.f64,
          },
          movingVariance: {
            got: w.movingVariance,
            want: training ? norm.moved(variance.f64, own.variance, MOMENTUM) : variance.f64,
          },
        };
      });
    },
  };
}

function poolCase(s: pool.PoolShape): KernelCase {
  return {
    kernels: [
      'max_pool2d.forward',
      `max_pool2d.${String(s.stride) === String(s.size) ? 'backward_tiles' : 'backward'}`,
    ],
    title: `max pool ${s.b} x [${s.h}, ${s.w}, ${s.c}], ${both(s.size).join('x')} stride ${s.stride} ${s.padding}`,
    run: (gpu) => {
      const inputs = new Inputs(s.h * 100 + s.c);
      const shape = [s.b, s.h, s.w, s.c];
      const g = poolGeometry(shape, s);
      const x = inputs.floats(sizeOf(shape));
      // With equal values, the first of a window must win.
      x.f32.forEach((v, i) => {
        x.f32[i] = Math.round(v * 4) / 4;
      });
      x.f64.set(x.f32);
      const dy = inputs.floats(g.b * g.oh * g.ow * g.c);
      const want = pool.maxPool2dForward(x.f64, s);
      const values = { x: { data: x.f32, shape }, dy: { data: dy.f32, shape: [g.b, g.oh, g.ow, g.c] } };
      return compare(gpu, values, (rec, t) => {
        const { y, argmax } = maxPool2dForward(rec, t.x, g);
        const dx = maxPool2dBackward(rec, t.dy, argmax, g);
        return {
          y: { got: y, want: want.y },
          dx: { got: dx, want: pool.maxPool2dBackward(dy.f64, want.source, x.f64.length) },
        };
      });
    },
  };
}

/** Dropout of single elements, and of whole channels of the same values viewed as 3 images with `channels` maps. */
function dropoutCase(pixels: number, channels: number, rate: number): KernelCase {
  const n = 3 * pixels * channels;
  return {
    kernels: ['dropout.apply', 'dropout.apply_channels'],
    title: `dropout of 3 x [${pixels}, ${channels}], rate ${rate}`,
    run: (gpu) => {
      const x = new Inputs(n).floats(n);
      const [seed, step, layer] = [123456789, 42, 3];
      const mask = drop.dropoutMask(n, rate, seed, step, layer);
      const maps = drop.channelMask([3, pixels, channels], rate, seed, step, layer);
      const values = {
        x: { data: x.f32, shape: [3, pixels, channels] },
        step: { data: new Uint32Array([step, seed, 0, 0]), shape: [4] },
      };
      return compare(gpu, values, (rec, t) => ({
        y: {
          got: dropoutApply(rec, t.x, t.step, rate, layer),
          want: drop.dropoutApply(x.f64, mask, rate),
        },
        maps: {
          got: channelDropoutApply(rec, t.x, t.step, rate, layer),
          want: drop.dropoutApply(x.f64, maps, rate),
        },
      }));
    },
  };
}

const elementwiseCase: KernelCase = {
  kernels: ['elementwise.add', 'elementwise.add_into', 'elementwise.fill'],
  title: 'add and fill 77 values',
  run: (gpu) => {
    const inputs = new Inputs(77);
    const [x, y] = [inputs.floats(77), inputs.floats(77)];
    const values = { x: { data: x.f32, shape: [77] }, y: { data: y.f32, shape: [77] } };
    return compare(gpu, values, (rec, t) => {
      const filled = rec.alloc([77], 'filled');
      const want = y.f64.map((v, i) => v + (x.f64[i] ?? Number.NaN));
      const apart = add(rec, t.x, t.y);
      fill(rec, filled, 2.5);
      addInto(rec, t.y, t.x);
      return {
        apart: { got: apart, want },
        sum: { got: t.y, want },
        filled: { got: filled, want: new Float64Array(77).fill(2.5) },
      };
    });
  },
};

const ceilingCase: KernelCase = {
  kernels: ['ceiling.multiply_add', 'ceiling.copy'],
  title: 'multiply-adds and a copy of 70 values',
  run: (gpu) => {
    const x = new Inputs(70).floats(70);
    const [n, rounds, factor, addend] = [70, 3, 0.5, 0.25];
    let chains = [0, 1, 2, 3];
    for (let k = 0; k < 4 * rounds; k++) chains = chains.map((v) => v * factor + addend);
    return compare(gpu, { x: { data: x.f32, shape: [70] } }, (rec, t) => ({
      sum: {
        got: multiplyAdd(rec, n, rounds, factor, addend),
        want: new Float64Array(4 * n).fill(chains.reduce((a, b) => a + b)),
      },
      copy: { got: copy(rec, t.x), want: x.f64 },
    }));
  },
};

/** Sums over rows: many, so that every device computes them in two stages, or few, in one. */
function columnSumsCase(rows: number, columns: number): KernelCase {
  return {
    kernels: ['reduce.column_sums', ...(rows > 1000 ? ['reduce.fold'] : [])],
    title: `column sums of [${rows}, ${columns}]`,
    run: (gpu) => {
      const x = new Inputs(rows).floats(rows * columns);
      const want = new Float64Array(columns);
      x.f64.forEach((value, i) => {
        want[i % columns] = (want[i % columns] ?? 0) + value;
      });
      return compare(gpu, { x: { data: x.f32, shape: [rows, columns] } }, (rec, t) => ({
        sums: { got: columnSums(rec, t.x, t.x.shape, 'sums'), want },
      }));
    },
  };
}

export const LAYER_CASES: readonly KernelCase[] = [
  ...[
    columnSumsCase(2500, 8),
    columnSumsCase(2500, 44),
    columnSumsCase(2500, 5),
    columnSumsCase(9, 8),
    columnSumsCase(9, 5),
  ].flatMap(inGrains),
  ...ACTIVATION_OPS.flatMap((op) => [1, 7, 1001].map((n) => activationCase(n, op))),
  softmaxCase(1, 5),
  softmaxCase(70, 7),
  ...[
    ...[true, false].flatMap((training) => [
      normCase([3, 5, 7, 4], -1, training),
      normCase([2, 5, 3, 3], -1, training),
      normCase([3, 6, 5, 4], 1, training),
      normCase([9, 5], -1, training),
      normCase([28, 64], -1, training),
      normCase([2, 33, 31, 32], -1, training),
    ]),
    normCase([4, 16, 16, 8], -1, true, 100),
  ].flatMap(inGrains),
  poolCase({ b: 2, h: 8, w: 9, c: 4, size: [2, 3], stride: [2, 3], padding: 'valid' }),
  poolCase({ b: 2, h: 8, w: 9, c: 3, size: [3, 2], stride: [2, 1], padding: 'same' }),
  poolCase({ b: 2, h: 6, w: 8, c: 4, size: 2, stride: 2, padding: 'valid' }),
  poolCase({ b: 1, h: 7, w: 5, c: 3, size: 2, stride: 2, padding: 'valid' }),
  poolCase({ b: 2, h: 7, w: 7, c: 1, size: 3, stride: 2, padding: 'same' }),
  poolCase({ b: 1, h: 8, w: 6, c: 8, size: 3, stride: 1, padding: 'same' }),
  dropoutCase(1, 1, 0.5),
  dropoutCase(25, 5, 0.2),
  dropoutCase(64, 32, 0.5),
  elementwiseCase,
  ceilingCase,
];
