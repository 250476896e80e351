import { normGeometry } from '../gpu/kernels/batch_norm.js';
import { eluNormPoolBackward, eluNormPoolTrain } from '../gpu/kernels/elu_norm_pool.js';
import { applyBlockEnd, prepareNorm } from '../gpu/kernels/inference_block.js';
import * as activations from '../reference/activations.js';
import * as norm from '../reference/batch_norm.js';
import * as drop from '../reference/dropout.js';
import * as pool from '../reference/max_pool2d.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

const EPSILON = 1e-3;
const MOMENTUM = 0.99;
const ALPHA = 1;
const [SEED, STEP, LAYER] = [77, 3, 5];

/** ELU, batch norm, pooling and dropout of the float64 reference, one after the other, against the fused kernels. */
function blockCase(
  [b, h, w, c]: readonly [number, number, number, number],
  size: number,
  rate: number,
  { ties = false } = {},
): KernelCase {
  return {
    kernels: [
      ...['statistics', 'forward', 'gradient_sums', 'finish_gradients', 'input_gradient'].map(
        (entry) => `elu_norm_pool.${entry}`,
      ),
      'batch_norm.finish',
      'inference_block.prepare',
      'inference_block.apply',
    ],
    title: `block of [${[b, h, w, c].join(', ')}], pool ${size}, dropout ${rate}${ties ? ', ties' : ''}`,
    run: (gpu) => {
      const inputs = new Inputs(b * h * w * c + size);
      const n = b * h * w * c;
      const z = ties ? inputs.oneOf(n, [-0.5, 0.25, 0.5]) : inputs.floats(n);
      const [oh, ow] = [Math.floor(h / size), Math.floor(w / size)];
      const pooled = b * oh * ow * c;
      const dy = inputs.floats(pooled);
      const { gamma, beta, mean, variance, tensors } = inputs.norm(c);
      const e = activations.eluForward(z.f64, ALPHA);
      const f32 = Float32Array.from(e);
      const values = {
        z: { data: z.f32, shape: [b, h, w, c] },
        e: { data: f32, shape: [b, h, w, c] },
        dy: { data: dy.f32, shape: [b, oh, ow, c] },
        step: { data: new Uint32Array([STEP, SEED, 0, 0]), shape: [4] },
        ...tensors,
      };

      const g = normGeometry([b, h, w, c]);
      const windows = { ...{ b, h, w, c, size, stride: size }, padding: 'valid' } as const;
      const own = norm.statistics(e, g);
      const forward = (m: typeof own) =>
        pool.maxPool2dForward(
          norm.normalize(e, gamma.f64, beta.f64, m.mean, m.variance, EPSILON, g),
          windows,
        );
      const trained = forward(own);
      const mask = drop.dropoutMask(pooled, rate, SEED, STEP, LAYER);
      const du = pool.maxPool2dBackward(drop.dropoutApply(dy.f64, mask, rate), trained.source, n);
      const want = norm.batchNormBackward(du, e, gamma.f64, own.mean, own.variance, EPSILON, g, true);
      return compare(gpu, values, (rec, t) => {
        const weights = {
          gamma: t.gamma,
          beta: t.beta,
          movingMean: t.movingMean,
          movingVariance: t.movingVariance,
        };
        const options = {
          ...{ alpha: ALPHA, epsilon: EPSILON, momentum: MOMENTUM, poolSize: size },
          dropout: { rate, layer: LAYER },
        };
        // First, because training moves the averages that it uses.
        const inferred = applyBlockEnd(rec, t.z, { ...prepareNorm(rec, weights, EPSILON), ...options });
        const { y, saved } = eluNormPoolTrain(rec, { e: t.e }, weights, t.step, options);
        const { dz, dgamma, dbeta } = eluNormPoolBackward(rec, t.dy, t.e, weights, saved, options);
        return {
          inferred: { got: inferred, want: forward({ mean: mean.f64, variance: variance.f64 }).y },
          y: { got: y, want: drop.dropoutApply(trained.y, mask, rate) },
          dz: { got: dz, want: activations.eluBackward(want.dx, z.f64, ALPHA) },
          dgamma: { got: dgamma, want: want.dgamma },
          dbeta: { got: dbeta, want: want.dbeta },
          movingMean: { got: t.movingMean, want: norm.moved(mean.f64, own.mean, MOMENTUM) },
          movingVariance: { got: t.movingVariance, want: norm.moved(variance.f64, own.variance, MOMENTUM) },
        };
      });
    },
  };
}

export const BLOCK_CASES: readonly KernelCase[] = [
  blockCase([3, 6, 8, 4], 2, 0.2),
  blockCase([2, 7, 5, 12], 2, 0),
  blockCase([2, 9, 9, 4], 3, 0.5),
  blockCase([2, 6, 6, 8], 2, 0.2, { ties: true }),
  blockCase([4, 5, 4, 8], 1, 0),
  blockCase([28, 1, 1, 64], 1, 0.5),
];
