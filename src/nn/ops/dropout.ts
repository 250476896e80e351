import { channelDropoutApply, dropoutApply } from '../../gpu/kernels/dropout.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable dropout, any shape; the identity outside of training. `layer` distinguishes dropout layers. */
export function dropout(ctx: Context, x: TensorVar, rate: number, layer: number): TensorVar {
  return masked(ctx, x, rate, layer, 'dropout', dropoutApply);
}

/** Differentiable dropout of whole channels of x [B, ..., C]. */
export function spatialDropout(ctx: Context, x: TensorVar, rate: number, layer: number): TensorVar {
  return masked(ctx, x, rate, layer, 'spatial_dropout', channelDropoutApply);
}

/** The backward pass generates the same mask again, so no mask is stored. */
function masked(
  { rec, tape, training, stepState }: Context,
  x: TensorVar,
  rate: number,
  layer: number,
  op: string,
  apply: typeof dropoutApply,
): TensorVar {
  if (!training || rate === 0) return x;
  const y = apply(rec, x.value, stepState, rate, layer);
  return tape.record(op, [x], y, (dy) => [apply(rec, dy, stepState, rate, layer)]);
}
