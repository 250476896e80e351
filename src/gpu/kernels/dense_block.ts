import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { NormWeights } from './batch_norm.js';
import { dropoutThreshold } from './dropout.js';
import { type EluNormPoolOptions, keepScale } from './elu_norm_pool.js';

/** Host side of shaders/dense_block.wgsl. */
const params = {
  ...u32s('b', 'c4'),
  alpha: 'f32',
  epsilon: 'f32',
  momentum: 'f32',
  ...u32s('layer', 'threshold'),
  keep_scale: 'f32',
} as const;
const forwardKernel = defineKernel('dense_block', 'forward', {
  reads: ['z', 'gamma', 'beta', 'step_state'],
  writes: ['y', 'moving_mean', 'moving_variance'],
  params,
});
const gradientsKernel = defineKernel('dense_block', 'gradients', {
  reads: ['z', 'gamma', 'dy', 'step_state'],
  writes: ['dz', 'dgamma', 'dbeta', 'db'],
  params,
});
/** Vec4s of channels per workgroup. */
const COLUMNS = 8;

function call(z: Tensor, { alpha, epsilon, momentum, dropout }: EluNormPoolOptions) {
  const [b = 1, c = 4] = z.shape;
  return {
    params: {
      ...{ b, c4: c / 4, alpha, epsilon, momentum, layer: dropout.layer },
      threshold: dropoutThreshold(dropout.rate),
      keep_scale: keepScale({ dropout }),
    },
    constants: { DROPOUT: String(dropout.rate > 0) },
    workgroups: Math.ceil(c / 4 / COLUMNS),
  };
}

/**
 * Training forward of what follows a dense layer, from its output z [B, C]; C a multiple of 4: ELU, batch normalisation with update
 * of the moving averages, dropout. y is [B, C].
 */
export function denseBlockTrain(
  rec: Recorder,
  z: Tensor,
  { gamma, beta, movingMean, movingVariance }: NormWeights,
  stepState: Tensor,
  options: EluNormPoolOptions,
): Tensor {
  const y = rec.alloc(z.shape, 'y');
  const moving = { moving_mean: movingMean, moving_variance: movingVariance };
  rec.dispatch(forwardKernel, {
    bind: { z, gamma, beta, step_state: stepState, y, ...moving },
    ...call(z, options),
  });
  return y;
}

/** All gradients from dy [B, C]: dz [B, C], dgamma and dbeta [C], and db [C], the sum of dz. */
export function denseBlockGradients(
  rec: Recorder,
  dy: Tensor,
  z: Tensor,
  { gamma }: NormWeights,
  stepState: Tensor,
  options: EluNormPoolOptions,
): { dz: Tensor; dgamma: Tensor; dbeta: Tensor; db: Tensor } {
  const dz = rec.alloc(z.shape, 'dz');
  const [dgamma, dbeta] = [rec.alloc(gamma.shape, 'dgamma'), rec.alloc(gamma.shape, 'dbeta')];
  const db = rec.alloc(gamma.shape, 'db');
  rec.dispatch(gradientsKernel, {
    bind: { z, gamma, dy, step_state: stepState, dz, dgamma, dbeta, db },
    ...call(z, options),
  });
  return { dz, dgamma, dbeta, db };
}
