import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { columnSums, GROUP } from './reduce.js';

/** Host side of shaders/prelu.wgsl. */
const params = u32s('size', 'width');
const forwardKernel = defineKernel('prelu', 'forward', { reads: ['x', 'alpha'], writes: ['y'], params });
const backwardKernel = defineKernel('prelu', 'backward', {
  reads: ['dy', 'x', 'alpha'],
  writes: ['dx', 'terms'],
  params,
});

const grid = (x: Tensor, alpha: Tensor) => ({
  params: { size: x.size, width: alpha.size },
  workgroups: Math.ceil(x.size / GROUP),
});

/** y from x [B, ...] and alpha, which has the shape of x's last axis or of one whole image. */
export function preluForward(rec: Recorder, x: Tensor, alpha: Tensor): Tensor {
  const y = rec.alloc(x.shape, 'y');
  rec.dispatch(forwardKernel, { bind: { x, alpha, y }, ...grid(x, alpha) });
  return y;
}

/** dx with x's shape, and dalpha with alpha's, from dy. */
export function preluBackward(
  rec: Recorder,
  dy: Tensor,
  x: Tensor,
  alpha: Tensor,
): { dx: Tensor; dalpha: Tensor } {
  const dx = rec.alloc(x.shape, 'dx');
  const terms = rec.alloc(x.shape, 'terms');
  rec.dispatch(backwardKernel, { bind: { dy, x, alpha, dx, terms }, ...grid(x, alpha) });
  const sums = columnSums(rec, terms, [x.size / alpha.size, alpha.size], 'dalpha');
  rec.release(terms);
  return { dx, dalpha: rec.view(sums, alpha.shape) };
}
