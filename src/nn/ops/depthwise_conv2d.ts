import type { ConvOptions } from '../../gpu/kernels/conv2d_geometry.js';
import {
  depthwiseForward,
  depthwiseGeometry,
  depthwiseInputGradient,
  depthwiseWeightGradient,
} from '../../gpu/kernels/depthwise_conv2d.js';
import { biasGradient } from '../../gpu/kernels/reduce.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable depthwise convolution: x [B,H,W,C], weight [KH,KW,C,M], bias [C*M] -> [B,OH,OW,C*M]. */
export function depthwiseConv2d(
  ctx: Context,
  x: TensorVar,
  weight: TensorVar,
  bias: TensorVar | undefined,
  options: ConvOptions,
): TensorVar {
  const { rec, tape } = ctx;
  const g = depthwiseGeometry(x.value.shape, weight.value.shape, options);
  const y = depthwiseForward(rec, { x: x.value, weight: weight.value, bias: bias?.value }, g);
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return tape.record('depthwise_conv2d', inputs, y, (dy) => [
    x.needsGrad ? depthwiseInputGradient(rec, dy, weight.value, g) : undefined,
    depthwiseWeightGradient(rec, x.value, dy, g),
    bias && biasGradient(rec, dy),
  ]);
}
