import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape, nhwc, pairOf, type Shape, windowOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { ConvOptions } from './conv2d_geometry.js';
import { fold, GROUP, lanesFor } from './reduce.js';

/** Host side of shaders/depthwise_conv2d.wgsl. */
const params = {
  ...u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'oc', 'multiplier'),
  ...u32s('pad_top', 'pad_left', 'has_bias', 'rotated', 'splits'),
};
const forwardKernel = defineKernel('depthwise_conv2d', 'forward', {
  reads: ['x', 'weight', 'bias'],
  writes: ['y'],
  params,
});
const inputGradientKernel = defineKernel('depthwise_conv2d', 'input_gradient', {
  reads: ['dx_dy', 'dx_weight'],
  writes: ['dx'],
  params,
});
const weightGradientKernel = defineKernel('depthwise_conv2d', 'weight_gradient', {
  reads: ['x', 'dw_dy'],
  writes: ['partial'],
  params,
});

/** Extents of one depthwise convolution; `oc` = `c` * `multiplier`. */
export interface DepthwiseGeometry {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oh: number;
  readonly ow: number;
  readonly oc: number;
  readonly multiplier: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride_y: number;
  readonly stride_x: number;
  readonly pad_top: number;
  readonly pad_left: number;
}

/** All extents, from x [B, H, W, C], weight [KH, KW, C, M] and the options. Throws ShapeError. */
export function depthwiseGeometry(x: Shape, weight: Shape, options: ConvOptions = {}): DepthwiseGeometry {
  const { b, h, w, c } = nhwc('depthwise_conv2d', x);
  const rule = 'weight is [KH, KW, C, M] with the channels of x';
  expectShape('depthwise_conv2d', rule, weight, [null, null, c, null]);
  const [kh, kw, , multiplier] = weight as [number, number, number, number];
  const { stride = 1, padding = 'same' } = options;
  const [stride_y, stride_x] = pairOf(stride);
  const rows = windowOf('depthwise_conv2d', h, kh, stride_y, padding);
  const columns = windowOf('depthwise_conv2d', w, kw, stride_x, padding);
  return {
    ...{ b, h, w, c, oh: rows.out, ow: columns.out, oc: c * multiplier, multiplier },
    ...{ kh, kw, stride_y, stride_x, pad_top: rows.before, pad_left: columns.before },
  };
}

/** Params, constants and grid: four channels at a time where each channel has one window (M = 1). */
function laned(g: DepthwiseGeometry) {
  const { LANE, width } = g.multiplier === 1 ? lanesFor(g.c) : { LANE: 'f32', width: 1 };
  const { b, h, w, oh, ow, multiplier, pad_top, pad_left, kh, kw, stride_y, stride_x } = g;
  return {
    constants: { LANE, KH: kh, KW: kw, STRIDE_Y: stride_y, STRIDE_X: stride_x },
    params: {
      ...{ b, h, w, c: g.c / width, oh, ow, oc: g.oc / width, multiplier },
      ...{ pad_top, pad_left, has_bias: 0, rotated: 0, splits: 1 },
    },
    groups: (elements: number) => Math.ceil(elements / width / GROUP),
  };
}

/** y [B, OH, OW, C * M] from x [B, H, W, C]. @param rotated rotates the kernel by 180 degrees, as dx needs */
export function depthwiseForward(
  rec: Recorder,
  { x, weight, bias }: { x: Tensor; weight: Tensor; bias?: Tensor | undefined },
  g: DepthwiseGeometry,
  rotated = false,
): Tensor {
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const { constants, params, groups } = laned(g);
  rec.dispatch(forwardKernel, {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { x, weight, bias: bias ?? weight, y },
    params: { ...params, has_bias: Number(bias !== undefined), rotated: Number(rotated) },
    constants,
    workgroups: groups(g.b * g.oh * g.oc),
  });
  return y;
}

/** dx [B, H, W, C] from dy [B, OH, OW, C * M]. */
export function depthwiseInputGradient(
  rec: Recorder,
  dy: Tensor,
  weight: Tensor,
  g: DepthwiseGeometry,
): Tensor {
  if (g.stride_y === 1 && g.stride_x === 1 && g.multiplier === 1) {
    const { oh, ow, h, w, kh, kw, pad_top, pad_left } = g;
    const pads = { pad_top: kh - 1 - pad_top, pad_left: kw - 1 - pad_left };
    return depthwiseForward(rec, { x: dy, weight }, { ...g, h: oh, w: ow, oh: h, ow: w, ...pads }, true);
  }
  const dx = rec.alloc([g.b, g.h, g.w, g.c], 'dx');
  const { constants, params, groups } = laned(g);
  const bind = { dx_dy: dy, dx_weight: weight, dx };
  rec.dispatch(inputGradientKernel, { bind, params, constants, workgroups: groups(dx.size) });
  return dx;
}

/** Invocations that keep a device busy in a weight gradient. */
const BUSY = 1024;

/** dw [KH, KW, C, M]. The rows of the batch are summed in parts ("splits"), which are then added in a fixed order. */
export function depthwiseWeightGradient(rec: Recorder, x: Tensor, dy: Tensor, g: DepthwiseGeometry): Tensor {
  const shape = [g.kh, g.kw, g.c, g.multiplier];
  const dw = rec.alloc(shape, 'dw');
  const { constants, params, groups } = laned(g);
  const splits = Math.max(1, Math.min(g.b * g.oh, Math.ceil(BUSY / params.oc)));
  const partial = splits === 1 ? dw : rec.alloc([splits, ...shape], 'dw_partial');
  rec.dispatch(weightGradientKernel, {
    bind: { x, dw_dy: dy, partial },
    params: { ...params, splits },
    constants,
    workgroups: groups(g.oc * splits),
  });
  if (splits > 1) {
    fold(rec, partial, splits, dw);
    rec.release(partial);
  }
  return dw;
}
