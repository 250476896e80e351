import {
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../../gpu/kernels/dense.js';
import { biasGradient } from '../../gpu/kernels/reduce.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable dense layer: x [B,IC], weight [IC,OC], bias [OC] -> [B,OC]. */
export function dense(ctx: Context, x: TensorVar, weight: TensorVar, bias: TensorVar): TensorVar {
  const { rec, tape } = ctx;
  const g = denseGeometry(x.value.shape, weight.value.shape);
  const y = denseForward(rec, x.value, weight.value, bias.value, g, weight.needsGrad);
  const output = tape.record('dense', [x, weight, bias], y, (dy) => [
    x.needsGrad ? denseInputGradient(rec, dy, weight.value, g) : undefined,
    weight.needsGrad ? denseWeightGradient(rec, x.value, dy, g) : undefined,
    bias.needsGrad ? biasGradient(rec, dy) : undefined,
  ]);
  ctx.observe?.('z', output);
  return output;
}
