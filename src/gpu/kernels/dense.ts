import { eightLanes } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { convVariant } from './conv2d.js';
import { flip } from './conv2d_flip.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/dense.wgsl; where the channels come in fours it is a matrix product. */
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

/** Whether the matrix products in registers take it. */
function tiled(rec: Recorder, g: DenseGeometry): boolean {
  return convVariant(rec.gpu) !== 'naive' && eightLanes(rec.gpu) && g.ic % 4 === 0 && g.oc % 4 === 0;
}

/** y [B, OC] = x weight + bias. */
export function denseForward(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  g: DenseGeometry,
): Tensor {
  if (tiled(rec, g)) {
    const product = matmul(rec, x, weight, { batch: 1, m: g.b, k: g.ic, n: g.oc }, { bias });
    return rec.view(product, [g.b, g.oc]);
  }
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
  if (tiled(rec, g)) {
    const turned = flip(rec, weight, { taps: 1, ic: g.ic, oc: g.oc });
    const product = matmul(rec, dy, turned, { batch: 1, m: g.b, k: g.oc, n: g.ic });
    rec.release(turned);
    return rec.view(product, [g.b, g.ic]);
  }
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
  if (tiled(rec, g) && g.b % 4 === 0) {
    const shape = { batch: 1, m: g.ic, k: g.b, n: g.oc };
    return rec.view(matmul(rec, x, dy, shape, { transposed: true }), [g.ic, g.oc]);
  }
  const dw = rec.alloc([g.ic, g.oc], 'dw');
  rec.dispatch(weightGradientKernel, {
    bind: { x, dy, dw },
    params: { ...g },
    workgroups: Math.ceil(dw.size / GROUP),
  });
  return dw;
}
