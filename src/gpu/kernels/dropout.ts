import { defineKernel, type Kernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/dropout.wgsl. The same kernels serve forward and backward. */
const applyKernel = defineKernel('dropout', 'apply', {
  reads: ['x', 'step_state'],
  writes: ['y'],
  params: { quads: 'u32', layer: 'u32', threshold: 'u32', scale: 'f32' },
});
const applyChannelsKernel = defineKernel('dropout', 'apply_channels', {
  reads: ['x', 'step_state'],
  writes: ['y'],
  params: { quads: 'u32', layer: 'u32', threshold: 'u32', scale: 'f32', c: 'u32', image: 'u32' },
});

/**
 * y = x * keep / (1 - rate). `keep` is 0 or 1, a function of the step state (seed, index), `layer` and the element.
 * @param rate in [0, 1) @param layer distinguishes the network's dropout layers
 */
export function dropoutApply(
  rec: Recorder,
  x: Tensor,
  stepState: Tensor,
  rate: number,
  layer: number,
): Tensor {
  return applyMask(rec, applyKernel, x, stepState, maskParams(rate, layer));
}

/** Like `dropoutApply`, but drops whole channels of x [B, ..., C]. */
export function channelDropoutApply(
  rec: Recorder,
  x: Tensor,
  stepState: Tensor,
  rate: number,
  layer: number,
): Tensor {
  const extents = { c: x.shape.at(-1) ?? 1, image: x.size / (x.shape[0] ?? 1) };
  return applyMask(rec, applyChannelsKernel, x, stepState, { ...maskParams(rate, layer), ...extents });
}

const maskParams = (rate: number, layer: number) => ({
  layer,
  threshold: dropoutThreshold(rate),
  scale: 1 / (1 - rate),
});

function applyMask(
  rec: Recorder,
  kernel: Kernel,
  x: Tensor,
  stepState: Tensor,
  params: Readonly<Record<string, number>>,
): Tensor {
  const y = rec.alloc(x.shape, 'y');
  const { quads, workgroups } = quadGrid(x);
  rec.dispatch(kernel, { bind: { x, step_state: stepState, y }, params: { quads, ...params }, workgroups });
  return y;
}

/** The mask keeps an element whose random u32 is at least this threshold. */
export function dropoutThreshold(rate: number): number {
  return Math.min(Math.floor(rate * 2 ** 32), 2 ** 32 - 1);
}
