import { preluBackward, preluForward } from '../../gpu/kernels/prelu.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable parametric ReLU: x [B, ...], alpha with the extent of x's last axis, or of a whole image. */
export function prelu({ rec, tape }: Context, x: TensorVar, alpha: TensorVar): TensorVar {
  return tape.record('prelu', [x, alpha], preluForward(rec, x.value, alpha.value), (dy) => {
    const { dx, dalpha } = preluBackward(rec, dy, x.value, alpha.value);
    return [dx, dalpha];
  });
}
