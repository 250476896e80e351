import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/l2_penalty.wgsl. */
const params = { n: 'u32', chunks: 'u32', l: 'f32' } as const;
const partialKernel = defineKernel('l2_penalty', 'partial_squares', {
  reads: ['weight'],
  writes: ['partial'],
  params,
});
const addKernel = defineKernel('l2_penalty', 'add_penalty', {
  reads: ['partial'],
  writes: ['penalty'],
  params,
});
const backwardKernel = defineKernel('l2_penalty', 'backward', { reads: ['weight'], writes: ['dw'], params });

/** penalty[0] += l * sum of weight^2. */
export function addL2Penalty(rec: Recorder, weight: Tensor, l: number, penalty: Tensor): void {
  const chunks = Math.min(256, weight.size);
  const partial = rec.alloc([chunks], 'squares');
  const values = { n: weight.size, chunks, l };
  rec.dispatch(partialKernel, {
    bind: { weight, partial },
    params: values,
    workgroups: Math.ceil(chunks / GROUP),
  });
  rec.dispatch(addKernel, { bind: { partial, penalty }, params: values, workgroups: 1 });
  rec.release(partial);
}

/** dw += 2 * l * weight. */
export function addL2Gradient(rec: Recorder, weight: Tensor, l: number, dw: Tensor): void {
  rec.dispatch(backwardKernel, {
    bind: { weight, dw },
    params: { n: weight.size, chunks: 0, l },
    workgroups: Math.ceil(weight.size / GROUP),
  });
}
