import {
  type AveragePoolOptions,
  averagePoolGeometry,
  avgPool2dBackward,
  avgPool2dForward,
} from '../../gpu/kernels/avg_pool2d.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable average pooling: x [B,H,W,C] -> [B,OH,OW,C]. */
export function avgPool2d(ctx: Context, x: TensorVar, options: AveragePoolOptions): TensorVar {
  const g = averagePoolGeometry(x.value.shape, options);
  const y = avgPool2dForward(ctx.rec, x.value, g);
  return ctx.tape.record('avg_pool2d', [x], y, (dy) => [avgPool2dBackward(ctx.rec, dy, g)]);
}
