import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { NormWeights } from './batch_norm.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/inference_block.wgsl. */
const prepareKernel = defineKernel('inference_block', 'prepare', {
  reads: ['moving_mean', 'moving_variance', 'gamma', 'beta'],
  writes: ['scale', 'offset'],
  params: { channels: 'u32', epsilon: 'f32' },
});
const applyKernel = defineKernel('inference_block', 'apply', {
  reads: ['z', 'scale', 'offset'],
  writes: ['y'],
  params: { b: 'u32', h: 'u32', w: 'u32', c4: 'u32', oh: 'u32', ow: 'u32', alpha: 'f32' },
});

/** The end of a block in inference, after a convolution or dense layer: y = max over the window of scale * elu(z) + offset. */
export interface BlockEnd {
  /** [C] */
  readonly scale: Tensor;
  /** [C] */
  readonly offset: Tensor;
  readonly alpha: number;
  /** Edge of the pooling window; 1 means no pooling. */
  readonly poolSize: number;
}

/** scale = gamma / sqrt(variance + epsilon) and offset = beta - mean * scale, both [C]. */
export function prepareNorm(
  rec: Recorder,
  { gamma, beta, movingMean, movingVariance }: NormWeights,
  epsilon: number,
): { scale: Tensor; offset: Tensor } {
  const scale = rec.alloc(gamma.shape, 'scale');
  const offset = rec.alloc(gamma.shape, 'offset');
  rec.dispatch(prepareKernel, {
    bind: { moving_mean: movingMean, moving_variance: movingVariance, gamma, beta, scale, offset },
    params: { channels: gamma.size, epsilon },
    constants: { SIZE: 1 },
    workgroups: Math.ceil(gamma.size / GROUP),
  });
  return { scale, offset };
}

/** The end of a block alone: z [B, H, W, C] -> [B, H / size, W / size, C], or [B, C] -> [B, C]; C a multiple of 4. */
export function applyBlockEnd(
  rec: Recorder,
  z: Tensor,
  { scale, offset, alpha, poolSize }: BlockEnd,
): Tensor {
  const image = z.shape.length === 4;
  const [b = 1, h = 1, w = 1] = image ? z.shape : [z.shape[0] ?? 1, 1, 1];
  const c4 = (z.shape.at(-1) ?? 4) / 4;
  const [oh, ow] = [Math.floor(h / poolSize), Math.floor(w / poolSize)];
  const y = rec.alloc(image ? [b, oh, ow, c4 * 4] : z.shape, 'y');
  rec.dispatch(applyKernel, {
    bind: { z, scale, offset, y },
    params: { b, h, w, c4, oh, ow, alpha },
    constants: { SIZE: poolSize },
    workgroups: Math.ceil((b * oh * c4) / GROUP),
  });
  return y;
}
