import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/ceiling.wgsl. */
const multiplyAddKernel = defineKernel('ceiling', 'multiply_add', {
  reads: [],
  writes: ['results'],
  params: { n: 'u32', rounds: 'u32', factor: 'f32', addend: 'f32' },
});
const copyKernel = defineKernel('ceiling', 'copy', {
  reads: ['x'],
  writes: ['y'],
  params: { quads: 'u32' },
});

/** Floating-point operations per invocation and round of `multiplyAdd`. */
export const FLOP_PER_ROUND = 2 * 16 * 4;

/** Runs `rounds` rounds of multiply-adds in each of `n` invocations: [n, 4], sums of four chains v = v * factor + addend. */
export function multiplyAdd(rec: Recorder, n: number, rounds: number, factor = 0.5, addend = 0.25): Tensor {
  const results = rec.alloc([n, 4], 'results');
  rec.dispatch(multiplyAddKernel, {
    bind: { results },
    params: { n, rounds, factor, addend },
    workgroups: Math.ceil(n / GROUP),
  });
  return results;
}

/** A copy of x. */
export function copy(rec: Recorder, x: Tensor): Tensor {
  const y = rec.alloc(x.shape, 'copy');
  const { quads, workgroups } = quadGrid(x);
  rec.dispatch(copyKernel, { bind: { x, y }, params: { quads }, workgroups });
  return y;
}
