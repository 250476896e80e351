import { NO_CEILING } from '../../gpu/kernels/activations.js';
import { type Layer, noWeights, sameShape } from '../layer.js';
import { type ActivationName, activate, type PointwiseActivation, pointwise } from '../ops/activation.js';
import { prelu } from '../ops/prelu.js';

/**
 * Activation by its name; https://keras.io/api/layers/core_layers/activation/
 * As a network's last layer, softmax passes the logits through: it is part of the loss, and `Learner.predict` applies it.
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

/** A layer that applies one element-wise activation. */
function pointwiseLayer(kind: string, config: Layer['config'], activation: PointwiseActivation): Layer {
  return {
    ...{ kind, config },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x]) => pointwise(ctx, x, activation),
  };
}

/**
 * ELU: x for x > 0, else alpha * (exp(x) - 1); https://keras.io/api/layers/activation_layers/elu/
 * @param options `alpha`, default 1
 */
export function ELU({ alpha = 1 }: { readonly alpha?: number } = {}): Layer {
  return pointwiseLayer('ELU', { alpha }, { op: 'elu', settings: { alpha } });
}

/** Options of `ReLU`. */
export interface ReLUOptions {
  /** Largest output; default: none. */
  readonly maxValue?: number;
  /** Slope for negative inputs; default 0. */
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
 * ReLU with a slope for negative inputs; https://keras.io/api/layers/activation_layers/leaky_relu/
 * @param options `negativeSlope`, default 0.3
 */
export function LeakyReLU({ negativeSlope = 0.3 }: { readonly negativeSlope?: number } = {}): Layer {
  const settings = { slope: negativeSlope, ceiling: NO_CEILING };
  return pointwiseLayer('LeakyReLU', { negativeSlope }, { op: 'leaky_relu', settings });
}

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** Whether all pixels of a map share the slope of their channel (`shared_axes` [1, 2]); default false: each has its own. */
  readonly shared?: boolean;
}

/** ReLU whose slope for negative inputs is learnt; https://keras.io/api/layers/activation_layers/prelu/ */
export function PReLU({ shared = false }: PReLUOptions = {}): Layer {
  return {
    kind: 'PReLU',
    config: { shared },
    outputShape: sameShape,
    weights: (input) => {
      const shape = shared ? input.map((extent, i) => (i < input.length - 1 ? 1 : extent)) : input;
      return [{ name: 'alpha', shape, initializer: 'zeros', trainable: true }];
    },
    call: (ctx, [x], { get }) => prelu(ctx, x, get('alpha')),
  };
}

/**
 * Softmax over the last axis; https://keras.io/api/layers/activation_layers/softmax/
 * As a network's last layer it is part of the loss (shaders/softmax_cross_entropy.wgsl): the layer passes the logits
 * through, and `Learner.predict` returns the probabilities.
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
