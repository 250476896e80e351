import { type LeakyReluOptions, leakyReluBackward, leakyReluForward } from '../../gpu/kernels/leaky_relu.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable leaky ReLU, any shape; keeps its output. */
export function leakyRelu(ctx: Context, x: TensorVar, options: LeakyReluOptions): TensorVar {
  const y = leakyReluForward(ctx.rec, x.value, options);
  return ctx.tape.record('leaky_relu', [x], y, (dy) => [leakyReluBackward(ctx.rec, dy, y, options)]);
}
