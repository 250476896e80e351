import { denseHead as record } from '../../gpu/kernels/dense_head.js';
import { prepareNorm } from '../../gpu/kernels/inference_block.js';
import type { Context, TensorVar } from '../context.js';
import { normWeights } from './batch_norm.js';
import type { DenseBlockWeights } from './dense_block.js';

/**
 * The end of a network as one op, for inference alone: dense layer, ELU, batch normalisation, the dense layer of the classes, and
 * softmax. From x [B, IC] to probabilities [B, classes].
 */
export function denseHead(
  { rec, prepare, tape }: Context,
  x: TensorVar,
  { kernel, bias, norm }: DenseBlockWeights,
  options: { readonly alpha: number; readonly epsilon: number },
  last: Pick<DenseBlockWeights, 'kernel' | 'bias'>,
): TensorVar {
  const weights = normWeights(norm);
  const end = { ...prepareNorm(prepare, weights, options.epsilon), alpha: options.alpha, poolSize: 1 };
  const block = { kernel: kernel.value, bias: bias.value };
  const outputs = { kernel: last.kernel.value, bias: last.bias.value };
  const y = record(rec, prepare, { x: x.value, block, end, last: outputs });
  return tape.record('dense_head', [x, kernel, bias, last.kernel, last.bias], y, undefined);
}
