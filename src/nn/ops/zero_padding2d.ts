import {
  type Margins,
  paddingGeometry,
  zeroPadding2dBackward,
  zeroPadding2dForward,
} from '../../gpu/kernels/zero_padding2d.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable zero padding: x [B,H,W,C] -> [B,OH,OW,C]. */
export function zeroPadding2d(ctx: Context, x: TensorVar, margins: Margins): TensorVar {
  const g = paddingGeometry(x.value.shape, margins);
  const y = zeroPadding2dForward(ctx.rec, x.value, g);
  return ctx.tape.record('zero_padding2d', [x], y, (dy) => [zeroPadding2dBackward(ctx.rec, dy, g)]);
}
