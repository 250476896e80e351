import {
  type Expansion,
  expandKernelBackward,
  expandKernel as forward,
  isPlain,
} from '../../gpu/kernels/expand_kernel.js';
import type { Context, TensorVar } from '../context.js';

/**
 * Differentiable expansion of the kernel [KH, KW, IC, OC] of a dilated or grouped convolution to that of a plain one. In inference
 * it runs when the weights change, not for each batch. Throws ShapeError.
 */
export function expandKernel({ rec, prepare, tape }: Context, kernel: TensorVar, e: Expansion): TensorVar {
  if (isPlain(e)) return kernel;
  return tape.record('expand_kernel', [kernel], forward(prepare, kernel.value, e), (dy) => [
    expandKernelBackward(rec, dy, kernel.value.shape, e),
  ]);
}
