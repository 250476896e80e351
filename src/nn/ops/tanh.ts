import { tanhBackward, tanhForward } from '../../gpu/kernels/tanh.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable tanh, any shape; keeps its output. */
export function tanh(ctx: Context, x: TensorVar): TensorVar {
  const y = tanhForward(ctx.rec, x.value);
  return ctx.tape.record('tanh', [x], y, (dy) => [tanhBackward(ctx.rec, dy, y)]);
}
