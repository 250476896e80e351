import { NO_CEILING } from '../../gpu/kernels/activations.js';
import { type Layer, noWeights, sameShape } from '../layer.js';
import { type ActivationName, activate, type PointwiseActivation, pointwise } from '../ops/activation.js';

/**
 * Activation by its name; https://keras.io/api/layers/core_layers/activation/
 * A softmax at a network's end passes the scores on: it is part of the loss, and `Learner.predict` applies it.
 */
export function Activation({ activation }: { readonly activation: ActivationName }): Layer {
  return {
    kind: 'Activation',
    config: { activation },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x], { last }) => activate(ctx, x, activation, last),
  };
}

/** A layer that is one activation of single values. */
function pointwiseLayer(kind: string, config: Layer['config'], activation: PointwiseActivation): Layer {
  return {
    ...{ kind, config },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x]) => pointwise(ctx, x, activation),
  };
}

/**
 * ELU: alpha (e^x - 1) below 0; https://keras.io/api/layers/activation_layers/elu/
 * @param options `alpha`, default 1
 */
export function ELU({ alpha = 1 }: { readonly alpha?: number } = {}): Layer {
  return pointwiseLayer('ELU', { alpha }, { op: 'elu', settings: { alpha } });
}

/** Options of `ReLU`. */
export interface ReLUOptions {
  /** Largest output; default: none. */
  readonly maxValue?: number;
  /** Factor of negative values; default 0. */
  readonly negativeSlope?: number;
}

/** ReLU; https://keras.io/api/layers/activation_layers/relu/ */
export function ReLU({ maxValue, negativeSlope = 0 }: ReLUOptions = {}): Layer {
  const config = {
    ...(maxValue !== undefined && { maxValue }),
    ...(negativeSlope !== 0 && { negativeSlope }),
  };
  const plain = maxValue === undefined && negativeSlope === 0;
  const settings = { slope: negativeSlope, ceiling: maxValue ?? NO_CEILING };
  return pointwiseLayer(
    'ReLU',
    config,
    plain ? { op: 'relu', settings: {} } : { op: 'leaky_relu', settings },
  );
}

/**
 * ReLU with a slope for negative values; https://keras.io/api/layers/activation_layers/leaky_relu/
 * @param options `negativeSlope`, default 0.3
 */
export function LeakyReLU({ negativeSlope = 0.3 }: { readonly negativeSlope?: number } = {}): Layer {
  const settings = { slope: negativeSlope, ceiling: NO_CEILING };
  return pointwiseLayer('LeakyReLU', { negativeSlope }, { op: 'leaky_relu', settings });
}

/**
 * Turns scores into probabilities; https://keras.io/api/layers/activation_layers/softmax/
 * At a network's end it is part of the loss (shaders/softmax_cross_entropy.wgsl): the layer then passes the scores on,
 * and `Learner.predict` gives the probabilities.
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
