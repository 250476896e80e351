import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/conv2d_flip.wgsl. */
const flipKernel = defineKernel('conv2d_flip', 'forward', {
  reads: ['weight'],
  writes: ['flipped'],
  params: { taps: 'u32', ic: 'u32', oc: 'u32' },
});

/** weight [taps, IC, OC] with the taps in reverse order and the channels swapped: [taps, OC, IC]. */
export function flip(
  rec: Recorder,
  weight: Tensor,
  params: { readonly taps: number; readonly ic: number; readonly oc: number },
): Tensor {
  const flipped = rec.alloc([params.taps, params.oc, params.ic], 'flipped');
  const workgroups = Math.ceil(flipped.size / GROUP);
  rec.dispatch(flipKernel, { bind: { weight, flipped }, params, workgroups });
  return flipped;
}
