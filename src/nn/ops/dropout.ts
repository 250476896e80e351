import { dropoutApply } from '../../gpu/kernels/dropout.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable dropout, any shape: the identity outside of training. `layer` tells dropout layers apart. */
export function dropout(ctx: Context, x: TensorVar, rate: number, layer: number): TensorVar {
  if (!ctx.training || rate === 0) return x;
  const y = dropoutApply(ctx.rec, x.value, ctx.step, rate, layer);
  return ctx.tape.record('dropout', [x], y, (dy) => [dropoutApply(ctx.rec, dy, ctx.step, rate, layer)]);
}
