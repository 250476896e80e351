import {
  biasGradient,
  conv2dForward,
  conv2dForwardKeeping,
  conv2dInputGradient,
  conv2dWeightGradient,
} from '../../gpu/kernels/conv2d.js';
import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable 2-D convolution: x [B,H,W,IC], weight [KH,KW,IC,OC], bias [OC] -> [B,OH,OW,OC]. */
export function conv2d(
  ctx: Context,
  x: TensorVar,
  weight: TensorVar,
  bias: TensorVar | undefined,
  options: ConvOptions,
): TensorVar {
  const { rec, tape } = ctx;
  const g = convGeometry(x.value.shape, weight.value.shape, options);
  const operands = [x.value, weight.value, bias?.value] as const;
  const { y, kept } = weight.needsGrad
    ? conv2dForwardKeeping(rec, ...operands, g)
    : { y: conv2dForward(rec, ...operands, g), kept: undefined };
  // The first layer's input is data: its gradient, a third of the layer's work, is not made.
  return tape.record('conv2d', bias === undefined ? [x, weight] : [x, weight, bias], y, (dy) => [
    x.needsGrad ? conv2dInputGradient(rec, dy, weight.value, g) : undefined,
    conv2dWeightGradient(rec, x.value, dy, g, kept),
    bias === undefined ? undefined : biasGradient(rec, dy),
  ]);
}
