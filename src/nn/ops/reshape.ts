import type { Shape } from '../../gpu/shape.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable view: the same numbers, in H, W, C order as in Keras, under another shape. */
export function reshape({ rec, tape }: Context, x: TensorVar, shape: Shape): TensorVar {
  const before = x.value.shape;
  return tape.record('reshape', [x], rec.view(x.value, shape), (dy) => [rec.view(dy, before)]);
}
