import {
  croppingGeometry,
  type Margins,
  zeroPadding2dBackward,
  zeroPadding2dForward,
} from '../../gpu/kernels/zero_padding2d.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable cropping: x [B,H,W,C] -> [B,OH,OW,C]. Its forward pass is the backward pass of zero padding, and vice versa. */
export function cropping2d(ctx: Context, x: TensorVar, margins: Margins): TensorVar {
  const g = croppingGeometry(x.value.shape, margins);
  const y = zeroPadding2dBackward(ctx.rec, x.value, g);
  return ctx.tape.record('cropping2d', [x], y, (dy) => [zeroPadding2dForward(ctx.rec, dy, g)]);
}
