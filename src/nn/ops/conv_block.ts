import { conv2dBlock, conv2dForward, conv2dGradients } from '../../gpu/kernels/conv2d.js';
import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import {
  type EluNormPoolOptions,
  eluNormPoolBackward,
  eluNormPoolTrain,
} from '../../gpu/kernels/elu_norm_pool.js';
import { prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { type NormVars, normWeights } from './batch_norm.js';

export interface ConvBlockWeights {
  readonly kernel: TensorVar;
  readonly bias: TensorVar | undefined;
  readonly norm: NormVars;
}

/**
 * Differentiable convolution, ELU, batch normalisation, max pooling and dropout in one: x [B,H,W,IC] -> [B,OH,OW,OC]; OC
 * a multiple of 4. Outside of training it has no gradient.
 */
export function convBlock(
  ctx: Context,
  x: TensorVar,
  { kernel, bias, norm }: ConvBlockWeights,
  convolution: ConvOptions,
  options: EluNormPoolOptions,
): TensorVar {
  const { rec, prepare, tape, training, step } = ctx;
  const g = convGeometry(x.value.shape, kernel.value.shape, convolution);
  const operands = { x: x.value, weight: kernel.value, bias: bias?.value };
  const weights = normWeights(norm);
  const inputs = [x, kernel, norm.gamma, norm.beta, ...(bias === undefined ? [] : [bias])];
  if (!training) {
    const end = { ...prepareNorm(prepare, weights, options.epsilon), ...options };
    return tape.record('conv_block', inputs, conv2dBlock(rec, prepare, operands, end, g), undefined);
  }
  const { y: e, kept } = conv2dForward(rec, operands, g, { training, alpha: options.alpha });
  const { y, saved } = eluNormPoolTrain(rec, e, weights, step, options);
  return tape.record('conv_block', inputs, y, (dy) => {
    const { dz, dgamma, dbeta } = eluNormPoolBackward(rec, dy, e, weights, saved, options);
    rec.release(e);
    const { dx, dw, db } = conv2dGradients(rec, operands, dz, g, { kept, inputGradient: x.needsGrad });
    rec.release(dz);
    return [dx, dw, dgamma, dbeta, ...(bias === undefined ? [] : [db])];
  });
}
