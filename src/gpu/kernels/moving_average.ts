import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/moving_average.wgsl. */
const updateKernel = defineKernel('moving_average', 'update', {
  reads: ['weight'],
  writes: ['average'],
  params: { quads: 'u32', momentum: 'f32' },
});

/** average += (weight - average) * (1 - momentum), in place. */
export function updateAverage(rec: Recorder, weight: Tensor, average: Tensor, momentum: number): void {
  const { quads, workgroups } = quadGrid(weight);
  rec.dispatch(updateKernel, { bind: { weight, average }, params: { quads, momentum }, workgroups });
}
