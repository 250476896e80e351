import { NO_CEILING } from '../../gpu/kernels/leaky_relu.js';
import { type Layer, noWeights, sameShape } from '../layer.js';
import { type ActivationName, activate } from '../ops/activation.js';
import { elu } from '../ops/elu.js';
import { leakyRelu } from '../ops/leaky_relu.js';
import { relu } from '../ops/relu.js';

/** An activation by its name; https://keras.io/api/layers/core_layers/activation/ */
export function Activation({ activation }: { readonly activation: ActivationName }): Layer {
  const lesson = { linear: undefined, relu6: 'leaky_relu' }[activation as 'linear' | 'relu6'] ?? activation;
  return {
    kind: 'Activation',
    ...(activation !== 'linear' && { lesson }),
    config: { activation },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x], { last }) => activate(ctx, x, activation, last),
  };
}

/** ELU; alpha 1 by default. https://keras.io/api/layers/activation_layers/elu/ */
export function ELU({ alpha = 1 }: { readonly alpha?: number } = {}): Layer {
  return {
    kind: 'ELU',
    config: { alpha },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x]) => elu(ctx, x, alpha),
  };
}

export interface ReLUOptions {
  /** What values are cut off at; default: they are not. */
  readonly maxValue?: number;
  /** Slope of negative values; default 0. */
  readonly negativeSlope?: number;
}

/** ReLU; https://keras.io/api/layers/activation_layers/relu/ */
export function ReLU({ maxValue, negativeSlope = 0 }: ReLUOptions = {}): Layer {
  const plain = maxValue === undefined && negativeSlope === 0;
  const options = { slope: negativeSlope, ceiling: maxValue ?? NO_CEILING };
  return {
    kind: 'ReLU',
    config: {
      ...(maxValue !== undefined && { maxValue }),
      ...(negativeSlope !== 0 && { negativeSlope }),
    },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x]) => (plain ? relu(ctx, x) : leakyRelu(ctx, x, options)),
  };
}

/** ReLU with a slope for negative values, 0.3 by default; https://keras.io/api/layers/activation_layers/leaky_relu/ */
export function LeakyReLU({ negativeSlope = 0.3 }: { readonly negativeSlope?: number } = {}): Layer {
  return {
    kind: 'LeakyReLU',
    config: { negativeSlope },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x]) => leakyRelu(ctx, x, { slope: negativeSlope }),
  };
}

/**
 * Turns scores into probabilities. At a network's end it is part of the loss kernel (softmax_cross_entropy.wgsl), so the
 * layer itself passes the logits on; `Learner.predict` gives the probabilities.
 */
export function Softmax(): Layer {
  return {
    kind: 'Softmax',
    config: {},
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x], { last }) => activate(ctx, x, 'softmax', last),
  };
}
