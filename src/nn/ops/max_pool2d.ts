import {
  maxPool2dBackward,
  maxPool2dForward,
  type PoolOptions,
  poolGeometry,
} from '../../gpu/kernels/max_pool2d.js';
import { Var } from '../autograd.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable max pooling: x [B,H,W,C] -> [B,OH,OW,C]. Keeps the argmax of each window. */
export function maxPool2d(ctx: Context, x: TensorVar, options: PoolOptions): TensorVar {
  const g = poolGeometry(x.value.shape, options);
  const { y, argmax } = maxPool2dForward(ctx.rec, x.value, g);
  ctx.observe?.('argmax', new Var(argmax, false, 'argmax'));
  return ctx.tape.record('max_pool2d', [x], y, (dy) => [maxPool2dBackward(ctx.rec, dy, argmax, g)]);
}
