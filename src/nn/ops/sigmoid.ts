import { sigmoidBackward, sigmoidForward } from '../../gpu/kernels/sigmoid.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable sigmoid, any shape; keeps its output. */
export function sigmoid(ctx: Context, x: TensorVar): TensorVar {
  const y = sigmoidForward(ctx.rec, x.value);
  return ctx.tape.record('sigmoid', [x], y, (dy) => [sigmoidBackward(ctx.rec, dy, y)]);
}
