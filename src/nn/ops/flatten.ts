import type { Context, TensorVar } from '../context.js';

/** Differentiable [B, ...] -> [B, n]: the same numbers under another shape, in H, W, C order as in Keras. */
export function flatten(ctx: Context, x: TensorVar): TensorVar {
  const { shape, size } = x.value;
  const b = shape[0] ?? 1;
  return ctx.tape.record('flatten', [x], ctx.rec.view(x.value, [b, size / b]), (dy) => [
    ctx.rec.view(dy, shape),
  ]);
}
