import { add as addTensors } from '../../gpu/kernels/elementwise.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable sum of two values of one shape. The gradients of both are views of dy: nothing is copied. */
export function add(ctx: Context, a: TensorVar, b: TensorVar): TensorVar {
  const { rec, tape } = ctx;
  const y = addTensors(rec, a.value, b.value);
  return tape.record('add', [a, b], y, (dy) => [rec.view(dy, dy.shape), rec.view(dy, dy.shape)]);
}
