import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';
import { sumOfSquares } from './weight_penalty.js';

/** Host side of shaders/gradient_clip.wgsl. */
const params = { quads: 'u32', limit: 'f32' } as const;
const clipValueKernel = defineKernel('gradient_clip', 'clip_value', {
  reads: [],
  writes: ['gradient'],
  params,
});
const clipNormKernel = defineKernel('gradient_clip', 'clip_norm', {
  reads: ['squares'],
  writes: ['gradient'],
  params,
});

/** Clips every element of the gradient to [-limit, limit], in place. */
export function clipValue(rec: Recorder, gradient: Tensor, limit: number): void {
  const { quads, workgroups } = quadGrid(gradient);
  rec.dispatch(clipValueKernel, { bind: { gradient }, params: { quads, limit }, workgroups });
}

/** Scales a gradient, in one or several parts, down to the 2-norm `limit` if it is longer, in place. */
export function clipNorm(rec: Recorder, parts: readonly Tensor[], limit: number): void {
  const squares = sumOfSquares(rec, ...parts);
  for (const gradient of parts) {
    const { quads, workgroups } = quadGrid(gradient);
    rec.dispatch(clipNormKernel, { bind: { squares, gradient }, params: { quads, limit }, workgroups });
  }
  rec.release(squares);
}
