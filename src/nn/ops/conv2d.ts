import { conv2dForward, conv2dGradients, conv2dInputGradient } from '../../gpu/kernels/conv2d.js';
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
  const { rec, tape, prepare, format } = ctx;
  const g = convGeometry(x.value.shape, weight.value.shape, options);
  const operands = { x: x.value, weight: weight.value, bias: bias?.value };
  const { y, kept } = conv2dForward(rec, operands, g, { training: weight.needsGrad, prepare, format });
  const output = tape.record('conv2d', bias === undefined ? [x, weight] : [x, weight, bias], y, (dy) => {
    if (!weight.needsGrad) return [conv2dInputGradient(rec, dy, weight.value, g)]; // a frozen layer
    const { dx, dw, db } = conv2dGradients(rec, operands, dy, g, { kept, inputGradient: x.needsGrad });
    return [dx, dw, bias === undefined ? undefined : db];
  });
  ctx.observe?.('z', output);
  return output;
}
