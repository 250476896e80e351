import { concatenateBackward, concatenateForward } from '../../gpu/kernels/concatenate.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable concatenation along the last axis. Throws ShapeError where other axes differ. */
export function concatenate(ctx: Context, parts: readonly TensorVar[]): TensorVar {
  const values = parts.map(({ value }) => value);
  const y = concatenateForward(ctx.rec, values);
  return ctx.tape.record('concatenate', parts, y, (dy) => {
    let offset = 0;
    return parts.map(({ needsGrad }, i) => {
      const shape = values[i]?.shape ?? [];
      const before = offset;
      offset += shape.at(-1) ?? 0;
      return needsGrad ? concatenateBackward(ctx.rec, dy, shape, before) : undefined;
    });
  });
}
