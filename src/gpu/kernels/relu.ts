import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/relu.wgsl. */
const params = { quads: 'u32' } as const;
const forwardKernel = defineKernel('relu', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('relu', 'backward', { reads: ['dy', 'y'], writes: ['dx'], params });

/** y = max(x, 0), any shape. */
export function reluForward(rec: Recorder, x: Tensor): Tensor {
  const y = rec.alloc(x.shape, 'y');
  const { quads, workgroups } = quadGrid(x);
  rec.dispatch(forwardKernel, { bind: { x, y }, params: { quads }, workgroups });
  return y;
}

/** dx from dy and the forward's y. */
export function reluBackward(rec: Recorder, dy: Tensor, y: Tensor): Tensor {
  const dx = rec.alloc(dy.shape, 'dx');
  const { quads, workgroups } = quadGrid(dy);
  rec.dispatch(backwardKernel, { bind: { dy, y, dx }, params: { quads }, workgroups });
  return dx;
}
