import { eightLanes, type Gpu } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { fold, GROUP } from './reduce.js';

/** Host side of shaders/conv2d.wgsl (naive) and conv2d_subgroup.wgsl (register tiles on 8-lane subgroups). */
const CONV_PARAMS = {
  b: 'u32',
  h: 'u32',
  w: 'u32',
  ic: 'u32',
  oh: 'u32',
  ow: 'u32',
  oc: 'u32',
  kh: 'u32',
  kw: 'u32',
  stride: 'u32',
  pad_top: 'u32',
  pad_left: 'u32',
} as const;
const FORWARD = {
  reads: ['x', 'weight', 'bias'],
  writes: ['y'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
} as const;

const naiveForwardKernel = defineKernel('conv2d', 'forward', FORWARD);
const naiveInputGradientKernel = defineKernel('conv2d', 'input_gradient', {
  reads: ['dx_dy', 'dx_weight'],
  writes: ['dx'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
});
const naiveWeightGradientKernel = defineKernel('conv2d', 'weight_gradient', {
  reads: ['dw_x', 'dw_dy'],
  writes: ['partial'],
  params: { ...CONV_PARAMS, splits: 'u32' },
});
const subgroupForwardKernel = defineKernel('conv2d_subgroup', 'forward', FORWARD);
const subgroupWeightGradientKernel = defineKernel('conv2d_subgroup', 'weight_gradient', {
  reads: ['dw_x', 'dw_dy'],
  writes: ['partial'],
  params: { ...CONV_PARAMS, splits: 'u32' },
});

/** Rows of a register tile, in blocks of 8; its columns, in groups of 32 channels, follow the channels. */
const BLOCKS = 2;
/** Invocations, or workgroups of a subgroup, that keep a device busy in a weight gradient. */
const BUSY = { naive: 16_384, subgroup: 48 };

/** Whether the register-tiled kernels take it. */
export function subgroupFits(gpu: Gpu, { oc }: ConvGeometry): boolean {
  return eightLanes(gpu) && oc % 4 === 0;
}

function tiles(rows: number, oc: number) {
  const QUADS = oc <= 32 ? 1 : 2;
  return {
    constants: { BLOCKS, QUADS },
    count: Math.ceil(rows / (BLOCKS * 8)) * Math.ceil(oc / (QUADS * 32)),
  };
}

/** A factor and a summand for each channel, both [C]: batch normalisation, once the statistics are known. */
export interface Affine {
  readonly scale: Tensor;
  readonly offset: Tensor;
}

/** What a forward pass computes with: x [B, H, W, IC], weight [KH, KW, IC, OC], bias [OC]. */
export interface ConvOperands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** x * scale + offset is convolved, and zeros around that; default x itself. For ways that `takesAffine` alone. */
  readonly affine?: Affine | undefined;
}

/** y = conv(x, weight) + bias: [B, OH, OW, OC]. */
export function directForward(
  rec: Recorder,
  { x, weight, bias }: ConvOperands,
  g: ConvGeometry,
  way: 'naive' | 'subgroup',
): Tensor {
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const call = {
    // Without a bias some buffer must still be bound; the kernel does not read it.
    bind: { x, weight, bias: bias ?? weight, y },
    params: { ...g, has_bias: Number(bias !== undefined) },
  };
  if (way === 'naive') {
    rec.dispatch(naiveForwardKernel, { ...call, workgroups: Math.ceil(y.size / GROUP) });
  } else {
    const { constants, count } = tiles(g.b * g.oh * g.ow, g.oc);
    rec.dispatch(subgroupForwardKernel, { ...call, constants, workgroups: count });
  }
  return y;
}

/** dx [B, H, W, IC], one thread an element; any stride. */
export function naiveInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: ConvGeometry): Tensor {
  const dx = rec.alloc([g.b, g.h, g.w, g.ic], 'dx');
  rec.dispatch(naiveInputGradientKernel, {
    bind: { dx_dy: dy, dx_weight: weight, dx },
    params: { ...g, has_bias: 0 },
    workgroups: Math.ceil(dx.size / GROUP),
  });
  return dx;
}

/** dw [KH, KW, IC, OC]: the rows of the batch in splits, which are added in fixed order. */
export function directWeightGradient(
  rec: Recorder,
  x: Tensor,
  dy: Tensor,
  g: ConvGeometry,
  way: 'naive' | 'subgroup',
): Tensor {
  const shape = [g.kh, g.kw, g.ic, g.oc];
  const dw = rec.alloc(shape, 'dw');
  const { constants, count } = tiles(g.kh * g.kw * g.ic, g.oc);
  const units = way === 'naive' ? dw.size : count;
  const splits = Math.max(1, Math.min(g.b * g.oh, Math.ceil(BUSY[way] / units)));
  const partial = splits === 1 ? dw : rec.alloc([splits, ...shape], 'dw_partial');
  const call = { bind: { dw_x: x, dw_dy: dy, partial }, params: { ...g, splits } };
  if (way === 'naive') {
    const workgroups = Math.ceil((dw.size * splits) / GROUP);
    rec.dispatch(naiveWeightGradientKernel, { ...call, workgroups });
  } else {
    rec.dispatch(subgroupWeightGradientKernel, { ...call, constants, workgroups: count * splits });
  }
  if (splits > 1) {
    fold(rec, partial, splits, dw);
    rec.release(partial);
  }
  return dw;
}
