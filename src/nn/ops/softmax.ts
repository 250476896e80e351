import { softmaxBackward, softmaxForward } from '../../gpu/kernels/softmax.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable softmax over the last axis; keeps its output. */
export function softmax(ctx: Context, x: TensorVar): TensorVar {
  const y = softmaxForward(ctx.rec, x.value);
  return ctx.tape.record('softmax', [x], y, (dy) => [softmaxBackward(ctx.rec, dy, y)]);
}
