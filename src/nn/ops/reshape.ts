import type { Shape } from '../../gpu/shape.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable view of the same elements under another shape, in row-major order as in Keras. */
export function reshape({ rec, tape }: Context, x: TensorVar, shape: Shape): TensorVar {
  const before = x.value.shape;
  return tape.record('reshape', [x], rec.view(x.value, shape), (dy) => [rec.view(dy, before)]);
}
