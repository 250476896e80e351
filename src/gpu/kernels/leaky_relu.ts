import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/leaky_relu.wgsl. */
const params = { quads: 'u32', slope: 'f32', ceiling: 'f32' } as const;
const forwardKernel = defineKernel('leaky_relu', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('leaky_relu', 'backward', { reads: ['dy', 'y'], writes: ['dx'], params });

/** The largest float32, where there is no ceiling. */
export const NO_CEILING = 3.4028234e38;

export interface LeakyReluOptions {
  /** Of negative values; 0 or more. */
  readonly slope: number;
  /** Default NO_CEILING. */
  readonly ceiling?: number;
}

/** y = min(x, ceiling) above 0, slope * x below; any shape. */
export function leakyReluForward(
  rec: Recorder,
  x: Tensor,
  { slope, ceiling = NO_CEILING }: LeakyReluOptions,
): Tensor {
  const y = rec.alloc(x.shape, 'y');
  const { quads, workgroups } = quadGrid(x);
  rec.dispatch(forwardKernel, { bind: { x, y }, params: { quads, slope, ceiling }, workgroups });
  return y;
}

/** dx from dy and the forward's y. */
export function leakyReluBackward(
  rec: Recorder,
  dy: Tensor,
  y: Tensor,
  { slope, ceiling = NO_CEILING }: LeakyReluOptions,
): Tensor {
  const dx = rec.alloc(dy.shape, 'dx');
  const { quads, workgroups } = quadGrid(dy);
  rec.dispatch(backwardKernel, { bind: { dy, y, dx }, params: { quads, slope, ceiling }, workgroups });
  return dx;
}
