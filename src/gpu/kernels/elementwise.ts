import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/elementwise.wgsl. */
const params = { quads: 'u32', value: 'f32' } as const;
const addKernel = defineKernel('elementwise', 'add', { reads: ['a', 'b'], writes: ['sum'], params });
const addIntoKernel = defineKernel('elementwise', 'add_into', { reads: ['x'], writes: ['y'], params });
const fillKernel = defineKernel('elementwise', 'fill', { reads: [], writes: ['y'], params });

/** The grid of a kernel with one invocation per vec4 of a tensor, and the number of vec4s. */
export function quadGrid(tensor: Tensor): { quads: number; workgroups: number } {
  const quads = Math.ceil(tensor.size / 4);
  return { quads, workgroups: Math.ceil(quads / GROUP) };
}

/** a + b, both of one shape. */
export function add(rec: Recorder, a: Tensor, b: Tensor): Tensor {
  const sum = rec.alloc(a.shape, 'sum');
  const { quads, workgroups } = quadGrid(a);
  rec.dispatch(addKernel, { bind: { a, b, sum }, params: { quads, value: 0 }, workgroups });
  return sum;
}

/** y += x. */
export function addInto(rec: Recorder, y: Tensor, x: Tensor): void {
  const { quads, workgroups } = quadGrid(y);
  rec.dispatch(addIntoKernel, { bind: { x, y }, params: { quads, value: 0 }, workgroups });
}

/** y = value. */
export function fill(rec: Recorder, y: Tensor, value: number): void {
  const { quads, workgroups } = quadGrid(y);
  rec.dispatch(fillKernel, { bind: { y }, params: { quads, value }, workgroups });
}
