import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { conv2dForward, conv2dInputGradient, conv2dWeightGradient, convVariant } from './conv2d.js';
import { type ConvGeometry, convGeometry } from './conv2d_geometry.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/dense.wgsl; large layers run as 1 x 1 convolutions on the register-tiled kernels. */
const params = { b: 'u32', ic: 'u32', oc: 'u32' } as const;
const forwardKernel = defineKernel('dense', 'forward', {
  reads: ['x', 'weight', 'bias'],
  writes: ['y'],
  params,
});
const inputGradientKernel = defineKernel('dense', 'input_gradient', {
  reads: ['dy', 'weight'],
  writes: ['dx'],
  params,
});
const weightGradientKernel = defineKernel('dense', 'weight_gradient', {
  reads: ['x', 'dy'],
  writes: ['dw'],
  params,
});

export interface DenseGeometry {
  readonly b: number;
  readonly ic: number;
  readonly oc: number;
}

/** Shape rule: x [B, IC], weight [IC, OC]. Throws ShapeError. */
export function denseGeometry(x: readonly number[], weight: readonly number[]): DenseGeometry {
  expectShape('dense', 'input is [B, IC]', x, [null, null]);
  const [b, ic] = x as [number, number];
  expectShape('dense', 'weight is [IC, OC] with the input features of x', weight, [ic, null]);
  return { b, ic, oc: weight[1] as number };
}

/** The layer as a 1 x 1 convolution, where the tiled kernels take it. */
function asConvolution(rec: Recorder, g: DenseGeometry): ConvGeometry | undefined {
  if (convVariant(rec.gpu) === 'naive' || g.oc % 4 !== 0 || g.ic % 4 !== 0) return undefined;
  return convGeometry([g.b, 1, 1, g.ic], [1, 1, g.ic, g.oc]);
}

/** y [B, OC] = x weight + bias. */
export function denseForward(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  g: DenseGeometry,
): Tensor {
  const conv = asConvolution(rec, g);
  if (conv !== undefined) return rec.view(conv2dForward(rec, x, weight, bias, conv), [g.b, g.oc]);
  const y = rec.alloc([g.b, g.oc], 'y');
  rec.dispatch(forwardKernel, {
    bind: { x, weight, bias, y },
    params: { ...g },
    workgroups: Math.ceil(y.size / GROUP),
  });
  return y;
}

/** dx [B, IC]. */
export function denseInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: DenseGeometry): Tensor {
  const conv = asConvolution(rec, g);
  if (conv !== undefined) return rec.view(conv2dInputGradient(rec, dy, weight, conv), [g.b, g.ic]);
  const dx = rec.alloc([g.b, g.ic], 'dx');
  rec.dispatch(inputGradientKernel, {
    bind: { dy, weight, dx },
    params: { ...g },
    workgroups: Math.ceil(dx.size / GROUP),
  });
  return dx;
}

/** dw [IC, OC]. */
export function denseWeightGradient(rec: Recorder, x: Tensor, dy: Tensor, g: DenseGeometry): Tensor {
  const conv = asConvolution(rec, g);
  if (conv !== undefined) return rec.view(conv2dWeightGradient(rec, x, dy, conv), [g.ic, g.oc]);
  const dw = rec.alloc([g.ic, g.oc], 'dw');
  rec.dispatch(weightGradientKernel, {
    bind: { x, dy, dw },
    params: { ...g },
    workgroups: Math.ceil(dw.size / GROUP),
  });
  return dw;
}
