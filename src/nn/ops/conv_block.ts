import { conv2dBlock } from '../../gpu/kernels/conv2d.js';
import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import { prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { type NormVars, normWeights } from './batch_norm.js';

export interface ConvBlockOptions {
  readonly convolution: ConvOptions;
  readonly alpha: number;
  readonly epsilon: number;
  readonly poolSize: number;
}

/**
 * Convolution, ELU, batch normalisation and max pooling for inference, without a gradient: x [B,H,W,IC] ->
 * [B,OH,OW,OC]; OC a multiple of 4.
 */
export function convBlock(
  { rec, prepare, tape }: Context,
  x: TensorVar,
  weights: { kernel: TensorVar; bias: TensorVar | undefined; norm: NormVars },
  { convolution, alpha, epsilon, poolSize }: ConvBlockOptions,
): TensorVar {
  const { kernel, bias, norm } = weights;
  const g = convGeometry(x.value.shape, kernel.value.shape, convolution);
  const operands = { x: x.value, weight: kernel.value, bias: bias?.value };
  const end = { ...prepareNorm(prepare, normWeights(norm), epsilon), alpha, poolSize };
  return tape.record('conv_block', [x, kernel], conv2dBlock(rec, prepare, operands, end, g), undefined);
}
