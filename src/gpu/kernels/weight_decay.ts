import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/weight_decay.wgsl. */
const updateKernel = defineKernel('weight_decay', 'update', {
  reads: ['decay'],
  writes: ['weight'],
  params: { quads: 'u32' },
});

/** weight -= weight * decay, in place. @param decay [1], see the shader */
export function decayWeights(rec: Recorder, weight: Tensor, decay: Tensor): void {
  const { quads, workgroups } = quadGrid(weight);
  rec.dispatch(updateKernel, { bind: { decay, weight }, params: { quads }, workgroups });
}
