import { reluBackward, reluForward } from '../../gpu/kernels/relu.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable ReLU, any shape; keeps its output. */
export function relu(ctx: Context, x: TensorVar): TensorVar {
  const y = reluForward(ctx.rec, x.value);
  return ctx.tape.record('relu', [x], y, (dy) => [reluBackward(ctx.rec, dy, y)]);
}
