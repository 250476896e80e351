import { concatenateForward } from '../../gpu/kernels/concatenate.js';
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

/** A vector [n] of constants without gradient. */
export function constants(ctx: Context, values: readonly number[]): TensorVar {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return constant(ctx, [values.length], first);
  const parts = values.map((value) => constant(ctx, [1], value).value);
  return new Var(concatenateForward(ctx.prepare, parts), false, 'constants');
}
