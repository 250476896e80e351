import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvOperands } from './conv2d_way.js';
import type { BlockEnd } from './inference_block.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/conv2d_small.wgsl. */
const packKernel = defineKernel('conv2d_small', 'pack', {
  reads: ['weight'],
  writes: ['packed'],
  params: { ic: 'u32', oc4: 'u32', quads: 'u32' },
});
const blockKernel = defineKernel('conv2d_small', 'block', {
  reads: ['x', 'taps_of', 'bias', 'scale', 'offset'],
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

/** The weight in the order in which the kernel reads it. */
function packWeight(rec: Recorder, weight: Tensor, { ic, oc, h, w }: ConvGeometry): Tensor {
  const packed = rec.alloc([Math.ceil(oc / COLUMNS), ic / 2, 9, 2, COLUMNS], 'packed');
  const quads = packed.size / 4;
  rec.dispatch(packKernel, {
    bind: { weight, packed },
    params: { ic, oc4: oc / 4, quads },
    constants: { H: h, W: w, SIZE: 1 },
    workgroups: Math.ceil(quads / GROUP),
  });
  return packed;
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
  const packed = packWeight(prepare, weight, g);
  rec.dispatch(blockKernel, {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { x, taps_of: packed, bias: bias ?? weight, scale, offset, y },
    params: { ic: g.ic, oc4: g.oc / 4, has_bias: Number(bias !== undefined), alpha },
    constants: { H: g.h, W: g.w, SIZE: poolSize },
    workgroups: Math.ceil(g.oc / COLUMNS),
    depth: g.b,
  });
  rec.release(packed); // has no effect if `prepare` is another recorder: it then belongs to its program
  return y;
}
