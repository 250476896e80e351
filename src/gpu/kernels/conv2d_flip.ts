import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/conv2d_flip.wgsl. */
const spec = {
  reads: ['weight'],
  writes: ['flipped'],
  params: { taps: 'u32', ic: 'u32', oc: 'u32', turn: 'u32' },
} as const;
const flipKernel = defineKernel('conv2d_flip', 'forward', spec);
const flipQuadsKernel = defineKernel('conv2d_flip', 'forward_quads', spec);

/** weight [taps, IC, OC] with the channels swapped and, unless `turn` is false, the taps turned round: [taps, OC, IC]. */
export function flip(
  rec: Recorder,
  weight: Tensor,
  extents: { readonly taps: number; readonly ic: number; readonly oc: number },
  { turn = true }: { readonly turn?: boolean } = {},
): Tensor {
  const params = { ...extents, turn: Number(turn) };
  const flipped = rec.alloc([params.taps, params.oc, params.ic], 'flipped');
  const quads = params.ic % 4 === 0 && params.oc % 4 === 0;
  rec.dispatch(quads ? flipQuadsKernel : flipKernel, {
    bind: { weight, flipped },
    params,
    workgroups: Math.ceil(flipped.size / (quads ? 16 : 1) / GROUP),
  });
  return flipped;
}
