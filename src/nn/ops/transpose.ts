import { inverseOrder, transpose as kernel, type Order } from '../../gpu/kernels/transpose.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable transposition of x [B, 3 axes]. @param order for each axis of the result, the index of x's axis, from 0 without the batch */
export function transpose({ rec, tape }: Context, x: TensorVar, order: Order): TensorVar {
  return tape.record('transpose', [x], kernel(rec, x.value, order), (dy) => [
    kernel(rec, dy, inverseOrder(order)),
  ]);
}
