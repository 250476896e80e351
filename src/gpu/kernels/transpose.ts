import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/transpose.wgsl. */
const params = u32s('n', 'i', 'j', 'k', 'si', 'sj', 'sk');
const forwardKernel = defineKernel('transpose', 'forward', { reads: ['x'], writes: ['y'], params });

/** For each axis of the result, the index of the input's axis. 0 is the first axis after the batch. */
export type Order = readonly [number, number, number];

/** The shape [3 axes] in another order. */
export const transposedShape = (shape: Shape, order: Order): Shape => order.map((axis) => shape[axis] ?? 1);

/** The order that undoes an order. */
export const inverseOrder = (order: Order): Order => [order.indexOf(0), order.indexOf(1), order.indexOf(2)];

/** y [N, 3 axes] from x [N, 3 axes]. */
export function transpose(rec: Recorder, x: Tensor, order: Order): Tensor {
  const [n = 1, ...inner] = x.shape;
  const shape = transposedShape(inner, order);
  const y = rec.alloc([n, ...shape], 'y');
  const [, b = 1, c = 1] = inner;
  const strides = [b * c, c, 1];
  const [i = 1, j = 1, k = 1] = shape;
  const [si = 1, sj = 1, sk = 1] = order.map((axis) => strides[axis] ?? 1);
  const workgroups = Math.ceil(y.size / GROUP);
  rec.dispatch(forwardKernel, { bind: { x, y }, params: { n, i, j, k, si, sj, sk }, workgroups });
  return y;
}
