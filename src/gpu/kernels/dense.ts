import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { choose } from '../tuning.js';
import { fewRows, fewRowsFit } from './few_rows.js';
import { applyBlockEnd, type BlockEnd } from './inference_block.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/dense.wgsl. A dense layer can also be computed as a matrix product; the tuning chooses. */
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

/** All extents, from x [B, IC] and weight [IC, OC]. Throws ShapeError. */
export function denseGeometry(x: readonly number[], weight: readonly number[]): DenseGeometry {
  expectShape('dense', 'input is [B, IC]', x, [null, null]);
  const [b, ic] = x as [number, number];
  expectShape('dense', 'weight is [IC, OC] with the input features of x', weight, [ic, null]);
  return { b, ic, oc: weight[1] as number };
}

/** By `matmul`, which in turn chooses among its ways, or by the kernels of shaders/dense.wgsl. */
type DenseWay = 'matmul' | 'naive';

/** The way of a layer: one for all three passes in training, or for the forward pass alone in inference. */
function wayFor(rec: Recorder, g: DenseGeometry, training: boolean): DenseWay {
  return choose<DenseWay>(rec.gpu, {
    family: 'dense',
    extents: `${training ? 'training' : 'forward'} [${g.b}, ${g.ic}] -> ${g.oc}`,
    candidates: ['matmul', 'naive'],
    inputs: [[g.b, g.ic], [g.ic, g.oc], [g.oc], [g.b, g.oc]],
    trial: (trial, way, inputs) => {
      const [x, weight, bias, dy] = inputs as [Tensor, Tensor, Tensor, Tensor];
      const y = forwardBy(way, trial, x, weight, bias, g);
      if (!training) return [y];
      return [y, inputGradientBy(way, trial, dy, weight, g), weightGradientBy(way, trial, x, dy, g)];
    },
  });
}

/** y [B, OC] = x [B, IC] * weight [IC, OC] + bias [OC]. @param training whether a backward pass follows */
export function denseForward(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  g: DenseGeometry,
  training: boolean,
): Tensor {
  return forwardBy(wayFor(rec, g, training), rec, x, weight, bias, g);
}

/** Weights of a dense layer. */
export interface DenseWeights {
  /** [IC, OC] */
  readonly kernel: Tensor;
  /** [OC] */
  readonly bias: Tensor;
}

/**
 * A dense layer and the end of its block, for inference: [B, OC]; OC a multiple of 4.
 * @param prepare recorder for work that depends on the weights alone
 */
export function denseBlockInfer(
  rec: Recorder,
  prepare: Recorder,
  x: Tensor,
  { kernel, bias }: DenseWeights,
  g: DenseGeometry,
  end: BlockEnd,
): Tensor {
  const product = { batch: 1, m: g.b, k: g.ic, n: g.oc };
  if (prepare !== rec && fewRowsFit(rec.gpu, product))
    return rec.view(fewRows(rec, prepare, x, kernel, product, { bias, end }), [g.b, g.oc]);
  const z = denseForward(rec, x, kernel, bias, g, false);
  const y = applyBlockEnd(rec, z, end);
  rec.release(z);
  return y;
}

/** dx [B, IC] = dy [B, OC] * weight^T. */
export function denseInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: DenseGeometry): Tensor {
  return inputGradientBy(wayFor(rec, g, true), rec, dy, weight, g);
}

/** dw [IC, OC] = x^T * dy. */
export function denseWeightGradient(rec: Recorder, x: Tensor, dy: Tensor, g: DenseGeometry): Tensor {
  return weightGradientBy(wayFor(rec, g, true), rec, x, dy, g);
}

function forwardBy(
  way: DenseWay,
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  g: DenseGeometry,
): Tensor {
  if (way === 'matmul') {
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

function inputGradientBy(way: DenseWay, rec: Recorder, dy: Tensor, weight: Tensor, g: DenseGeometry): Tensor {
  if (way === 'matmul') {
    const shape = { batch: 1, m: g.b, k: g.oc, n: g.ic };
    return rec.view(matmul(rec, dy, weight, shape, { transposed: 'b' }), [g.b, g.ic]);
  }
  const dx = rec.alloc([g.b, g.ic], 'dx');
  rec.dispatch(inputGradientKernel, {
    bind: { dy, weight, dx },
    params: { ...g },
    workgroups: Math.ceil(dx.size / GROUP),
  });
  return dx;
}

function weightGradientBy(way: DenseWay, rec: Recorder, x: Tensor, dy: Tensor, g: DenseGeometry): Tensor {
  if (way === 'matmul') {
    const shape = { batch: 1, m: g.ic, k: g.b, n: g.oc };
    return rec.view(matmul(rec, x, dy, shape, { transposed: 'a' }), [g.ic, g.oc]);
  }
  const dw = rec.alloc([g.ic, g.oc], 'dw');
  rec.dispatch(weightGradientKernel, {
    bind: { x, dy, dw },
    params: { ...g },
    workgroups: Math.ceil(dw.size / GROUP),
  });
  return dw;
}
