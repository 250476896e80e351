import { eluBackward, eluForward } from '../../gpu/kernels/elu.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable ELU, any shape; keeps its output. */
export function elu(ctx: Context, x: TensorVar, alpha: number): TensorVar {
  const y = eluForward(ctx.rec, x.value, alpha);
  return ctx.tape.record('elu', [x], y, (dy) => [eluBackward(ctx.rec, dy, y, alpha)]);
}
