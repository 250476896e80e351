import { multiplyBackward, multiplyForward } from '../../gpu/kernels/multiply.js';
import type { Context, TensorVar } from '../context.js';

/** Differentiable element-wise product of a and b [B, ...]; axes of extent 1 are broadcast. Throws ShapeError. */
export function multiply({ rec, tape }: Context, a: TensorVar, b: TensorVar): TensorVar {
  const y = multiplyForward(rec, a.value, b.value);
  return tape.record('multiply', [a, b], y, (dy) => [
    a.needsGrad ? multiplyBackward(rec, dy, a.value.shape, b.value) : undefined,
    b.needsGrad ? multiplyBackward(rec, dy, b.value.shape, a.value) : undefined,
  ]);
}
