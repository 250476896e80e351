import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { fill } from './elementwise.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/weight_penalty.wgsl. */
const params = { n: 'u32', chunks: 'u32', l1: 'f32', l2: 'f32' } as const;
const partialKernel = defineKernel('weight_penalty', 'partial_sums', {
  reads: ['weight'],
  writes: ['partial'],
  params,
});
const addKernel = defineKernel('weight_penalty', 'add_penalty', {
  reads: ['partial'],
  writes: ['penalty'],
  params,
});
const backwardKernel = defineKernel('weight_penalty', 'backward', {
  reads: ['weight'],
  writes: ['dw'],
  params,
});

/** Factors of the sum of |w| (l1) and of the sum of w^2 (l2). */
export interface Penalty {
  readonly l1: number;
  readonly l2: number;
}

/** penalty[0] += sum of l1 * |w| + l2 * w^2. */
export function addPenalty(rec: Recorder, weight: Tensor, { l1, l2 }: Penalty, penalty: Tensor): void {
  const chunks = Math.min(256, weight.size);
  const partial = rec.alloc([chunks], 'penalties');
  const values = { n: weight.size, chunks, l1, l2 };
  rec.dispatch(partialKernel, {
    bind: { weight, partial },
    params: values,
    workgroups: Math.ceil(chunks / GROUP),
  });
  rec.dispatch(addKernel, { bind: { partial, penalty }, params: values, workgroups: 1 });
  rec.release(partial);
}

/** dw += l1 * sign(w) + 2 * l2 * w, in place. */
export function addPenaltyGradient(rec: Recorder, weight: Tensor, { l1, l2 }: Penalty, dw: Tensor): void {
  rec.dispatch(backwardKernel, {
    bind: { weight, dw },
    params: { n: weight.size, chunks: 0, l1, l2 },
    workgroups: Math.ceil(weight.size / GROUP),
  });
}

/** The sum of the squares of tensors: [1]. */
export function sumOfSquares(rec: Recorder, ...tensors: readonly Tensor[]): Tensor {
  const sum = rec.alloc([1], 'sum of squares');
  fill(rec, sum, 0);
  for (const tensor of tensors) addPenalty(rec, tensor, { l1: 0, l2: 1 }, sum);
  return sum;
}
