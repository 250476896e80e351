import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvOperands } from './conv2d_way.js';
import { packWeights } from './few_rows.js';
import type { BlockEnd } from './inference_block.js';

/** Host side of shaders/conv2d_small.wgsl. */
const blockKernel = defineKernel('conv2d_small', 'block', {
  reads: ['x', 'packed', 'scales', 'bias', 'scale', 'offset'],
  writes: ['y'],
  params: { ic: 'u32', oc4: 'u32', has_bias: 'u32', alpha: 'f32' },
});

/** Output channels of a subgroup. */
const COLUMNS = 32;

/** Whether the kernel covers a convolution, on an adapter with subgroups of 8 lanes. */
export function smallFits(g: ConvGeometry): boolean {
  const same = g.h === g.oh && g.w === g.ow && g.pad_top === 1 && g.pad_left === 1;
  const shape = g.kh === 3 && g.kw === 3 && g.stride_y === 1 && g.stride_x === 1;
  return same && shape && g.h * g.w <= 40 && g.w <= 8 && g.ic % 2 === 0 && g.oc % 4 === 0;
}

/**
 * The whole inference block in one kernel: [B, H / size, W / size, OC].
 * @param prepare recorder for work that depends on the weights alone
 */
export function smallBlock(
  rec: Recorder,
  prepare: Recorder,
  { x, weight, bias }: ConvOperands,
  { scale, offset, alpha, poolSize }: BlockEnd,
  g: ConvGeometry,
): Tensor {
  const y = rec.alloc([g.b, Math.floor(g.h / poolSize), Math.floor(g.w / poolSize), g.oc], 'y');
  const shape = { batch: 1, k: 9 * g.ic, n: g.oc };
  const { packed, scales } = packWeights(prepare, weight, shape, { taps: g.ic });
  rec.dispatch(blockKernel, {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { x, packed, scales, bias: bias ?? weight, scale, offset, y },
    params: { ic: g.ic, oc4: g.oc / 4, has_bias: Number(bias !== undefined), alpha },
    constants: { H: g.h, W: g.w, SIZE: poolSize },
    workgroups: Math.ceil(g.oc / COLUMNS),
    depth: g.b,
  });
  // Has no effect if `prepare` is another recorder: they then belong to its program.
  for (const tensor of [packed, scales]) rec.release(tensor);
  return y;
}
