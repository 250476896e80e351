import {
  batchNormBackward,
  batchNormInfer,
  batchNormTrain,
  type NormWeights,
  normGeometry,
} from '../../gpu/kernels/batch_norm.js';
import { Var } from '../autograd.js';
import type { Context, TensorVar } from '../context.js';

/** The four weights of a batch normalisation, all [C]. The moving averages are not trained. */
export interface NormVars {
  readonly gamma: TensorVar;
  readonly beta: TensorVar;
  readonly movingMean: TensorVar;
  readonly movingVariance: TensorVar;
}

/** The tensors of these variables. */
export function normWeights(w: NormVars): NormWeights {
  return {
    gamma: w.gamma.value,
    beta: w.beta.value,
    movingMean: w.movingMean.value,
    movingVariance: w.movingVariance.value,
  };
}

export interface NormOptions {
  /** The channel axis: -1 (NHWC, features) or 1 (NCHW). */
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
}

/** Differentiable batch normalisation, any rank >= 2. In training it also updates the moving averages. */
export function batchNorm(ctx: Context, x: TensorVar, w: NormVars, options: NormOptions): TensorVar {
  const { rec, tape, training } = ctx;
  const g = normGeometry(x.value.shape, options.axis);
  const weights = normWeights(w);
  const { y, saved } = training
    ? batchNormTrain(rec, x.value, weights, g, { epsilon: options.epsilon, momentum: options.momentum })
    : batchNormInfer(rec, x.value, weights, g, options.epsilon);
  for (const [name, tensor] of Object.entries(saved)) ctx.observe?.(name, new Var(tensor, false, name));
  return tape.record('batch_norm', [x, w.gamma, w.beta], y, (dy) => {
    const { dx, dgamma, dbeta } = batchNormBackward(rec, dy, x.value, weights, saved, g, training);
    return [dx, dgamma, dbeta];
  });
}
