import { type ConvVariant, eightLanes, type Gpu } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { flip } from './conv2d_flip.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { winogradFits, winogradForward, winogradWeightGradient } from './conv2d_winograd.js';
import { columnSums, fold, GROUP } from './reduce.js';

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

const naiveForward = defineKernel('conv2d', 'forward', FORWARD);
const naiveInputGradient = defineKernel('conv2d', 'input_gradient', {
  reads: ['dx_dy', 'dx_weight'],
  writes: ['dx'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
});
const naiveWeightGradient = defineKernel('conv2d', 'weight_gradient', {
  reads: ['dw_x', 'dw_dy'],
  writes: ['dw'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
});
const subgroupForward = defineKernel('conv2d_subgroup', 'forward', FORWARD);
const subgroupWeightGradient = defineKernel('conv2d_subgroup', 'weight_gradient', {
  reads: ['dw_x', 'dw_dy'],
  writes: ['partial'],
  params: { ...CONV_PARAMS, splits: 'u32' },
});
/** What is tried first for a convolution: what `gpu.convVariant` asks for, else the fastest. */
export function convVariant(gpu: Gpu): ConvVariant {
  return gpu.convVariant ?? 'winograd';
}

/** Whether the register-tiled kernels take it. */
function tilesFit(gpu: Gpu, channels: number): boolean {
  return convVariant(gpu) !== 'naive' && eightLanes(gpu) && channels % 4 === 0;
}

/** Tile of the subgroup kernels: rows in blocks of 8, columns in groups of 32 channels. */
function tileFor(rows: number, oc: number): { BLOCKS: number; QUADS: number } {
  return { BLOCKS: rows <= 16 ? 2 : 2, QUADS: oc <= 32 ? 1 : 2 };
}

/** y = conv(x, weight) + bias: [B, OH, OW, OC]. */
export function conv2dForward(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  g: ConvGeometry,
): Tensor {
  return usesWinograd(rec, g)
    ? winogradForward(rec, x, weight, bias, g, false).y
    : direct(rec, x, weight, bias, g);
}

/** The same, and what its weight gradient can use again: some variants have already brought x into another form. */
export function conv2dForwardKeeping(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  g: ConvGeometry,
): { y: Tensor; kept: Tensor | undefined } {
  if (usesWinograd(rec, g)) return winogradForward(rec, x, weight, bias, g, true);
  return { y: direct(rec, x, weight, bias, g), kept: undefined };
}

function usesWinograd(rec: Recorder, g: ConvGeometry): boolean {
  return convVariant(rec.gpu) === 'winograd' && winogradFits(g);
}

function direct(rec: Recorder, x: Tensor, weight: Tensor, bias: Tensor | undefined, g: ConvGeometry): Tensor {
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  // Without a bias some buffer must still be bound; the kernel does not read it.
  const bind = { x, weight, bias: bias ?? weight, y };
  const params = { ...g, has_bias: bias === undefined ? 0 : 1 };
  if (tilesFit(rec.gpu, g.oc)) {
    const rows = g.b * g.oh * g.ow;
    const constants = tileFor(rows, g.oc);
    const workgroups = Math.ceil(rows / (constants.BLOCKS * 8)) * Math.ceil(g.oc / (constants.QUADS * 32));
    rec.dispatch(subgroupForward, { bind, params, constants, workgroups });
  } else {
    rec.dispatch(naiveForward, { bind, params, workgroups: Math.ceil(y.size / GROUP) });
  }
  return y;
}

/** dx [B, H, W, IC] from dy [B, OH, OW, OC]. */
export function conv2dInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: ConvGeometry): Tensor {
  if (convVariant(rec.gpu) !== 'naive' && g.stride === 1) {
    const flipped = flip(rec, weight, { taps: g.kh * g.kw, ic: g.ic, oc: g.oc });
    const dx = conv2dForward(rec, dy, flipped, undefined, {
      ...g,
      h: g.oh,
      w: g.ow,
      ic: g.oc,
      oh: g.h,
      ow: g.w,
      oc: g.ic,
      pad_top: g.kh - 1 - g.pad_top,
      pad_left: g.kw - 1 - g.pad_left,
    });
    rec.release(flipped);
    return dx;
  }
  const dx = rec.alloc([g.b, g.h, g.w, g.ic], 'dx');
  rec.dispatch(naiveInputGradient, {
    bind: { dx_dy: dy, dx_weight: weight, dx },
    params: { ...g, has_bias: 0 },
    workgroups: Math.ceil(dx.size / GROUP),
  });
  return dx;
}

/** dw [KH, KW, IC, OC] from x and dy, and what `conv2dForwardKeeping` kept, if that was used. */
export function conv2dWeightGradient(
  rec: Recorder,
  x: Tensor,
  dy: Tensor,
  g: ConvGeometry,
  kept?: Tensor,
): Tensor {
  if (usesWinograd(rec, g)) return winogradWeightGradient(rec, x, dy, g, kept);
  const shape = [g.kh, g.kw, g.ic, g.oc];
  const dw = rec.alloc(shape, 'dw');
  if (tilesFit(rec.gpu, g.oc)) {
    const rows = g.kh * g.kw * g.ic;
    const constants = tileFor(rows, g.oc);
    const tiles = Math.ceil(rows / (constants.BLOCKS * 8)) * Math.ceil(g.oc / (constants.QUADS * 32));
    const splits = Math.max(1, Math.min(g.b * g.oh, Math.ceil(48 / tiles)));
    const partial = splits === 1 ? dw : rec.alloc([splits, ...shape], 'dw_partial');
    rec.dispatch(subgroupWeightGradient, {
      bind: { dw_x: x, dw_dy: dy, partial },
      params: { ...g, splits },
      constants,
      workgroups: tiles * splits,
    });
    if (splits > 1) {
      fold(rec, partial, splits, dw);
      rec.release(partial);
    }
  } else {
    rec.dispatch(naiveWeightGradient, {
      bind: { dw_x: x, dw_dy: dy, dw },
      params: { ...g, has_bias: 0 },
      workgroups: Math.ceil(dw.size / GROUP),
    });
  }
  return dw;
}

/** db [OC] from dy [..., OC]. */
export function biasGradient(rec: Recorder, dy: Tensor): Tensor {
  return columnSums(rec, dy, dy.shape, 'db');
}
