import type { Context, TensorVar } from '../context.js';
import { elu } from './elu.js';
import { leakyRelu } from './leaky_relu.js';
import { relu } from './relu.js';
import { sigmoid } from './sigmoid.js';
import { softmax } from './softmax.js';
import { tanh } from './tanh.js';

type Apply = (ctx: Context, x: TensorVar) => TensorVar;

/** The activations that a layer may name, with Keras's settings for them. */
const APPLY = {
  linear: (_, x) => x,
  relu,
  elu: (ctx, x) => elu(ctx, x, 1),
  relu6: (ctx, x) => leakyRelu(ctx, x, { slope: 0, ceiling: 6 }),
  leaky_relu: (ctx, x) => leakyRelu(ctx, x, { slope: 0.2 }),
  sigmoid,
  tanh,
  softmax,
} satisfies Record<string, Apply>;

export type ActivationName = keyof typeof APPLY;
export const LAYER_ACTIVATIONS = Object.keys(APPLY) as ActivationName[];

/**
 * Differentiable activation by name, any shape.
 * @param last whether the network ends here: softmax is then part of the loss, and the scores pass
 */
export function activate(ctx: Context, x: TensorVar, name: ActivationName, last: boolean): TensorVar {
  return name === 'softmax' && last ? x : APPLY[name](ctx, x);
}
