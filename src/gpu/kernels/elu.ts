import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/elu.wgsl. */
const params = { quads: 'u32', alpha: 'f32' } as const;
const forwardKernel = defineKernel('elu', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('elu', 'backward', { reads: ['dy', 'y'], writes: ['dx'], params });

/** y = elu(x), any shape. */
export function eluForward(rec: Recorder, x: Tensor, alpha: number): Tensor {
  const y = rec.alloc(x.shape, 'y');
  const { quads, workgroups } = quadGrid(x);
  rec.dispatch(forwardKernel, { bind: { x, y }, params: { quads, alpha }, workgroups });
  return y;
}

/** dx from dy and the forward's y. */
export function eluBackward(rec: Recorder, dy: Tensor, y: Tensor, alpha: number): Tensor {
  const dx = rec.alloc(dy.shape, 'dx');
  const { quads, workgroups } = quadGrid(dy);
  rec.dispatch(backwardKernel, { bind: { dy, y, dx }, params: { quads, alpha }, workgroups });
  return dx;
}
