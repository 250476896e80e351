import { conv2dBlock, conv2dForward, conv2dGradients, takesAffine } from '../../gpu/kernels/conv2d.js';
import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import {
  type EluNormPoolOptions,
  eluNormDeferred,
  eluNormPoolGradients,
  eluNormPoolTrain,
} from '../../gpu/kernels/elu_norm_pool.js';
import { prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { type NormVars, normWeights } from './batch_norm.js';

export interface ConvBlockWeights {
  readonly kernel: TensorVar;
  readonly bias: TensorVar | undefined;
  readonly norm: NormVars;
}

/** The convolution that is the only reader of a block's output. */
export interface BlockReader {
  readonly kernel: TensorVar;
  readonly convolution: ConvOptions;
}

/**
 * Differentiable convolution, ELU, batch normalisation, max pooling and dropout as one fused op:
 * x [B,H,W,IC] -> [B,OH,OW,OC]; OC a multiple of 4. Outside of training it has no gradient.
 * @param reader the only reader of a block without pooling and dropout. If its kernels can apply the normalisation while
 *   loading, the block defers it to them (`Context.deferredNorms`)
 */
export function convBlock(
  ctx: Context,
  x: TensorVar,
  { kernel, bias, norm }: ConvBlockWeights,
  convolution: ConvOptions,
  options: EluNormPoolOptions,
  reader?: BlockReader,
): TensorVar {
  const { rec, prepare, tape, training, stepState, deferredNorms, format } = ctx;
  const g = convGeometry(x.value.shape, kernel.value.shape, convolution);
  const operands = { x: x.value, weight: kernel.value, bias: bias?.value, affine: deferredNorms.get(x) };
  const weights = normWeights(norm);
  const inputs = [x, kernel, norm.gamma, norm.beta, ...(bias === undefined ? [] : [bias])];
  if (!training) {
    const end = { ...prepareNorm(prepare, weights, options.epsilon), ...options };
    return tape.record('conv_block', inputs, conv2dBlock(rec, prepare, operands, end, g), undefined);
  }
  const made = conv2dForward(rec, operands, g, {
    ...{ training, alpha: options.alpha, moments: true, format },
    gamma: options.poolSize === 2 ? weights.gamma : undefined,
  });
  const { y: e, kept, moments, winner } = made;
  const defer =
    reader !== undefined &&
    takesAffine(rec.gpu, convGeometry(e.shape, reader.kernel.value.shape, reader.convolution));
  const { y, affine, saved } = defer
    ? { y: e, ...eluNormDeferred(rec, { e, moments }, weights, options) }
    : { affine: undefined, ...eluNormPoolTrain(rec, { e, moments, winner }, weights, stepState, options) };
  const output = tape.record('conv_block', inputs, y, (dy) => {
    const { gradient, dgamma, dbeta } = eluNormPoolGradients(rec, dy, e, weights, saved, options);
    const { dx, dw, db } = conv2dGradients(rec, operands, gradient, g, { kept, inputGradient: x.needsGrad });
    rec.release(gradient.coefficients);
    if (y !== e) rec.release(e); // otherwise the tape releases it as the op's output
    return [dx, dw, dgamma, dbeta, ...(bias === undefined ? [] : [db])];
  });
  if (affine !== undefined) deferredNorms.set(output, affine);
  return output;
}
