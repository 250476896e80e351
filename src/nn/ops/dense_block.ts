import {
  denseBlockInfer,
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../../gpu/kernels/dense.js';
import { denseBlockGradients, denseBlockTrain } from '../../gpu/kernels/dense_block.js';
import type { EluNormPoolOptions } from '../../gpu/kernels/elu_norm_pool.js';
import { prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { type NormVars, normWeights } from './batch_norm.js';

export interface DenseBlockWeights {
  readonly kernel: TensorVar;
  readonly bias: TensorVar;
  readonly norm: NormVars;
}

/**
 * Differentiable dense layer, ELU, batch normalisation and dropout as one fused op: x [B,IC] -> [B,OC]; OC a multiple of 4.
 * Outside of training it has no gradient.
 */
export function denseBlock(
  ctx: Context,
  x: TensorVar,
  { kernel, bias, norm }: DenseBlockWeights,
  options: EluNormPoolOptions,
): TensorVar {
  const { rec, prepare, tape, training, stepState } = ctx;
  const g = denseGeometry(x.value.shape, kernel.value.shape);
  const weights = normWeights(norm);
  const inputs = [x, kernel, bias, norm.gamma, norm.beta];
  if (!training) {
    const end = { ...prepareNorm(prepare, weights, options.epsilon), ...options };
    const y = denseBlockInfer(rec, prepare, x.value, { kernel: kernel.value, bias: bias.value }, g, end);
    return tape.record('dense_block', inputs, y, undefined);
  }
  const z = denseForward(rec, x.value, kernel.value, bias.value, g, kernel.needsGrad);
  const y = denseBlockTrain(rec, z, weights, stepState, options);
  return tape.record('dense_block', inputs, y, (dy) => {
    const { dz, dgamma, dbeta, db } = denseBlockGradients(rec, dy, z, weights, stepState, options);
    const dx = x.needsGrad ? denseInputGradient(rec, dz, kernel.value, g) : undefined;
    const dw = kernel.needsGrad ? denseWeightGradient(rec, x.value, dz, g) : undefined;
    rec.release(z);
    rec.release(dz);
    return [dx, dw, db, dgamma, dbeta];
  });
}
