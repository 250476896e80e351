import { u32s } from '../kernel.js';
import type { DispatchCall, Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { ACTIVATION_KERNELS } from './activations.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvOperands, ConvOutput } from './conv2d_way.js';
import { fold } from './reduce.js';

/** Shared by the ways that convolve x without transforming it: naive and subgroup. */
const CONV_PARAMS = {
  ...u32s('b', 'h', 'w', 'ic', 'oh', 'ow', 'oc', 'kh', 'kw'),
  ...u32s('stride_y', 'stride_x', 'pad_top', 'pad_left'),
};

export const FORWARD = {
  reads: ['x', 'weight', 'bias'],
  writes: ['y'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
} as const;
export const INPUT_GRADIENT = {
  reads: ['dx_dy', 'dx_weight'],
  writes: ['dx'],
  params: { ...CONV_PARAMS, has_bias: 'u32' },
} as const;
export const WEIGHT_GRADIENT = {
  reads: ['dw_x', 'dw_dy'],
  writes: ['partial'],
  params: { ...CONV_PARAMS, splits: 'u32' },
} as const;

/** Bindings and params of a forward kernel, and its output y [B, OH, OW, OC]. */
export function forwardCall(rec: Recorder, { x, weight, bias }: ConvOperands, g: ConvGeometry) {
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const call = {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { x, weight, bias: bias ?? weight, y },
    params: { ...g, has_bias: Number(bias !== undefined) },
  };
  return { y, call };
}

/** y, or elu(y) if there is an alpha: for kernels that cannot apply ELU themselves. */
export function outputOf(rec: Recorder, y: Tensor, alpha: number | undefined): ConvOutput {
  const nothing = { kept: undefined, moments: undefined, winner: undefined };
  if (alpha === undefined) return { y, ...nothing };
  const e = ACTIVATION_KERNELS.elu.forward(rec, y, { alpha });
  rec.release(y);
  return { y: e, ...nothing };
}

/**
 * dw [KH, KW, IC, OC]. The rows of the batch are summed in parts ("splits"), which are then added in a fixed order.
 * @param units invocations or workgroups per split @param busy how many of them keep a device busy
 */
export function weightGradientInSplits(
  rec: Recorder,
  [x, dy]: readonly [Tensor, Tensor],
  g: ConvGeometry,
  { units, busy }: { readonly units: number; readonly busy: number },
  dispatch: (call: Pick<DispatchCall, 'bind' | 'params'>, splits: number) => void,
): Tensor {
  const shape = [g.kh, g.kw, g.ic, g.oc];
  const dw = rec.alloc(shape, 'dw');
  const splits = Math.max(1, Math.min(g.b * g.oh, Math.ceil(busy / units)));
  const partial = splits === 1 ? dw : rec.alloc([splits, ...shape], 'dw_partial');
  dispatch({ bind: { dw_x: x, dw_dy: dy, partial }, params: { ...g, splits } }, splits);
  if (splits > 1) {
    fold(rec, partial, splits, dw);
    rec.release(partial);
  }
  return dw;
}
