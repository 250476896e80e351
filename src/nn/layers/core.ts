import { expectShape, sizeOf } from '../../gpu/shape.js';
import type { Initializer } from '../init.js';
import { type Layer, noWeights, sameShape, type WeightSpec } from '../layer.js';
import { type ActivationName, activate } from '../ops/activation.js';
import { constant } from '../ops/constant.js';
import { dense } from '../ops/dense.js';
import { dropout, spatialDropout } from '../ops/dropout.js';
import { reshape } from '../ops/reshape.js';

/** Options of `Dense`. */
export interface DenseOptions {
  /** Number of output features. */
  readonly units: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Activation of the result; default linear. */
  readonly activation?: ActivationName;
  /** Default glorot_uniform. */
  readonly kernelInitializer?: Initializer;
}

/** Fully connected layer; https://keras.io/api/layers/core_layers/dense/ */
export function Dense(options: DenseOptions): Layer {
  const { units, useBias = true, activation = 'linear', kernelInitializer = 'glorot_uniform' } = options;
  const weight = (name: string, shape: readonly number[], initializer: Initializer): WeightSpec => ({
    ...{ name, shape, initializer, trainable: true },
  });
  return {
    kind: 'Dense',
    config: { units, useBias, activation, kernelInitializer },
    outputShape: (input) => {
      expectShape('Dense', 'input is a vector; put Flatten before it', input, [null]);
      return [units];
    },
    weights: (input) => [
      weight('kernel', [sizeOf(input), units], kernelInitializer),
      ...(useBias ? [weight('bias', [units], 'zeros')] : []),
    ],
    withActivation: (other) => Dense({ ...options, activation: other }),
    call: (ctx, [x], { get, last }) => {
      const bias = useBias ? get('bias') : constant(ctx, [units], 0);
      return activate(ctx, dense(ctx, x, get('kernel'), bias), activation, last);
    },
  };
}

/** Options of `Dropout`. */
export interface DropoutOptions {
  /** Share of the values that are dropped, from 0 to below 1. */
  readonly rate: number;
  /**
   * Whether all values of an image are dropped together, as in stochastic depth (`noise_shape` [null, 1, 1, 1]); default: each
   * independently.
   */
  readonly perImage?: boolean;
}

/** Dropout of single elements, or of whole images; https://keras.io/api/layers/regularization_layers/dropout/ */
export function Dropout({ rate, perImage = false }: DropoutOptions): Layer {
  return {
    kind: 'Dropout',
    config: { rate, ...(perImage && { perImage }) },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x], { index }) => {
      if (!perImage) return dropout(ctx, x, rate, index);
      const { shape, size } = x.value;
      const [images = 1] = shape;
      const asOneMap = reshape(ctx, x, [images, size / images, 1, 1]);
      return reshape(ctx, spatialDropout(ctx, asOneMap, rate, index), shape);
    },
  };
}

/** Dropout of whole feature maps; https://keras.io/api/layers/regularization_layers/spatial_dropout2d/ */
export function SpatialDropout2D({ rate }: { readonly rate: number }): Layer {
  return {
    kind: 'SpatialDropout2D',
    config: { rate },
    outputShape: (input) => {
      expectShape('SpatialDropout2D', 'input is an image', input, [null, null, null]);
      return input;
    },
    weights: noWeights,
    call: (ctx, [x], { index }) => spatialDropout(ctx, x, rate, index),
  };
}
