import { ACTIVATION_KERNELS } from '../../gpu/kernels/activations.js';
import {
  type EluNormPoolOptions,
  eluNormPoolBackward,
  eluNormPoolTrain,
} from '../../gpu/kernels/elu_norm_pool.js';
import { applyBlockEnd, prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { type NormVars, normWeights } from './batch_norm.js';

/**
 * Differentiable ELU, batch normalisation, max pooling and dropout as one fused op: x [B,H,W,C] -> [B,OH,OW,C], or
 * [B,C] -> [B,C]; C a multiple of 4. Outside of training it has no gradient.
 */
export function eluNormPool(ctx: Context, x: TensorVar, w: NormVars, options: EluNormPoolOptions): TensorVar {
  const { rec, prepare, tape, training, stepState } = ctx;
  const weights = normWeights(w);
  const inputs = [x, w.gamma, w.beta];
  if (!training) {
    const end = { ...prepareNorm(prepare, weights, options.epsilon), ...options };
    return tape.record('elu_norm_pool', inputs, applyBlockEnd(rec, x.value, end), undefined);
  }
  const e = ACTIVATION_KERNELS.elu.forward(rec, x.value, { alpha: options.alpha });
  const { y, saved } = eluNormPoolTrain(rec, { e }, weights, stepState, options);
  return tape.record('elu_norm_pool', inputs, y, (dy) => {
    const { dz, dgamma, dbeta } = eluNormPoolBackward(rec, dy, e, weights, saved, options);
    rec.release(e);
    return [dz, dgamma, dbeta];
  });
}
