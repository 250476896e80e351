import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/softmax.wgsl. */
const params = { rows: 'u32', c: 'u32' } as const;
const forwardKernel = defineKernel('softmax', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('softmax', 'backward', { reads: ['dy', 'y'], writes: ['dx'], params });

function grid(x: Tensor) {
  const c = x.shape.at(-1) ?? 1;
  const rows = x.size / c;
  return { params: { rows, c }, workgroups: Math.ceil(rows / GROUP) };
}

/** y = softmax of x over the last axis. */
export function softmaxForward(rec: Recorder, x: Tensor): Tensor {
  const y = rec.alloc(x.shape, 'y');
  rec.dispatch(forwardKernel, { bind: { x, y }, ...grid(x) });
  return y;
}

/** dx from dy and the forward's y. */
export function softmaxBackward(rec: Recorder, dy: Tensor, y: Tensor): Tensor {
  const dx = rec.alloc(dy.shape, 'dx');
  rec.dispatch(backwardKernel, { bind: { dy, y, dx }, ...grid(dy) });
  return dx;
}
