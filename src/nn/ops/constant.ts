import { fill } from '../../gpu/kernels/elementwise.js';
import type { Shape } from '../../gpu/shape.js';
import { Var } from '../autograd.js';
import type { Context, TensorVar } from '../context.js';

/** A constant without gradient, in place of a weight that a layer does not have. */
export function constant({ prepare }: Context, shape: Shape, value: number): TensorVar {
  const tensor = prepare.alloc(shape, `${value}`);
  fill(prepare, tensor, value);
  return new Var(tensor, false, tensor.label);
}
