import { expectShape, type Shape } from '../../gpu/shape.js';
import type { Context, TensorVar } from '../context.js';
import { type Layer, noWeights, sameShape, type WeightSpec } from '../layer.js';
import { batchNorm, type NormVars } from '../ops/batch_norm.js';
import { constant, constants } from '../ops/constant.js';
import { layerNorm } from '../ops/layer_norm.js';

/** Options of `BatchNormalization`. */
export interface BatchNormalizationOptions {
  /** Channel axis, where axis 0 is the batch; default -1. */
  readonly axis?: number;
  /** Default 0.99. */
  readonly momentum?: number;
  /** Default 1e-3. */
  readonly epsilon?: number;
  /** Whether beta is added; default true. */
  readonly center?: boolean;
  /** Whether gamma multiplies; default true. */
  readonly scale?: boolean;
}

/** Batch normalisation; https://keras.io/api/layers/normalization_layers/batch_normalization/ */
export function BatchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const { axis = -1, momentum = 0.99, epsilon = 1e-3, center = true, scale = true } = options;
  return {
    kind: 'BatchNormalization',
    config: { axis, momentum, epsilon, center, scale },
    outputShape: sameShape,
    weights: (input) => {
      const shape = [[0, ...input].at(axis) ?? 0];
      const all: WeightSpec[] = [
        { name: 'gamma', shape, initializer: 'ones', trainable: true },
        { name: 'beta', shape, initializer: 'zeros', trainable: true },
        { name: 'moving_mean', shape, initializer: 'zeros', trainable: false },
        { name: 'moving_variance', shape, initializer: 'ones', trainable: false },
      ];
      return all.filter(({ name }) => (name !== 'gamma' || scale) && (name !== 'beta' || center));
    },
    call: (ctx, [x], { get }) => {
      const movingMean = get('moving_mean');
      const fixed = (value: number): TensorVar => constant(ctx, movingMean.value.shape, value);
      const vars = {
        gamma: scale ? get('gamma') : fixed(1),
        beta: center ? get('beta') : fixed(0),
        movingMean,
        movingVariance: get('moving_variance'),
      };
      return batchNorm(ctx, x, vars, { axis, momentum, epsilon });
    },
  };
}

/** Options of `LayerNormalization`. */
export interface LayerNormalizationOptions {
  /** Default 1e-3. */
  readonly epsilon?: number;
  /** Whether beta is added; default true. */
  readonly center?: boolean;
  /** Whether gamma multiplies; default true. */
  readonly scale?: boolean;
}

/**
 * Normalises the channels of each pixel by their mean and variance (Ba et al. 2016);
 * https://keras.io/api/layers/normalization_layers/layer_normalization/
 */
export function LayerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const { epsilon = 1e-3, center = true, scale = true } = options;
  return {
    kind: 'LayerNormalization',
    config: { epsilon, center, scale },
    outputShape: sameShape,
    weights: (input) => {
      const shape = [input.at(-1) ?? 1];
      const all: WeightSpec[] = [
        { name: 'gamma', shape, initializer: 'ones', trainable: true },
        { name: 'beta', shape, initializer: 'zeros', trainable: true },
      ];
      return all.filter(({ name }) => (name === 'gamma' ? scale : center));
    },
    call: (ctx, [x], { get }) => {
      const fixed = (value: number): TensorVar => constant(ctx, [x.value.shape.at(-1) ?? 1], value);
      const own = { gamma: scale ? get('gamma') : fixed(1), beta: center ? get('beta') : fixed(0) };
      return layerNorm(ctx, x, own, epsilon);
    },
  };
}

/** Options of `Rescaling`. */
export interface RescalingOptions {
  /** Factor: one number, or one for each channel. */
  readonly scale: number | readonly number[];
  /** Added to the product; default 0. */
  readonly offset?: number | readonly number[];
}

/** x * scale + offset; https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/ */
export function Rescaling({ scale, offset = 0 }: RescalingOptions): Layer {
  const each = (value: number | readonly number[], channels: number): readonly number[] =>
    typeof value === 'number' ? new Array<number>(channels).fill(value) : value;
  return {
    kind: 'Rescaling',
    config: { scale, offset },
    outputShape: (input) => {
      for (const value of [scale, offset]) {
        if (typeof value !== 'number')
          expectShape('Rescaling', 'one number for each channel', [value.length], [input.at(-1) ?? 1]);
      }
      return input;
    },
    weights: noWeights,
    call: (ctx, [x]) => {
      const channels = x.value.shape.at(-1) ?? 1;
      const [movingMean, movingVariance] = [constant(ctx, [channels], 0), constant(ctx, [channels], 1)];
      const gamma = constants(ctx, each(scale, channels));
      const beta = constants(ctx, each(offset, channels));
      return fixedNorm(ctx, x, { gamma, beta, movingMean, movingVariance }, 0);
    },
  };
}

/** Keras divides by the standard deviation, but at least by 1e-7. */
const LEAST_VARIANCE = 1e-14;

/**
 * (x - mean) / std, per channel. Mean and variance are weights that are not trained;
 * https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
 */
export function Normalization(): Layer {
  const weight = (name: string, shape: Shape, initializer: 'zeros' | 'ones'): WeightSpec => ({
    ...{ name, shape, initializer, trainable: false },
  });
  return {
    kind: 'Normalization',
    config: {},
    outputShape: sameShape,
    weights: (input) => [
      weight('mean', [input.at(-1) ?? 1], 'zeros'),
      weight('variance', [input.at(-1) ?? 1], 'ones'),
      weight('count', [], 'zeros'), // the number of measured images, which Keras stores
    ],
    call: (ctx, [x], { get }) => {
      const [movingMean, movingVariance] = [get('mean'), get('variance')];
      const [gamma, beta] = [1, 0].map((value) => constant(ctx, movingMean.value.shape, value));
      return fixedNorm(ctx, x, { gamma, beta, movingMean, movingVariance } as NormVars, LEAST_VARIANCE);
    },
  };
}

/** Normalises the last axis by the given statistics, in training too. */
function fixedNorm(ctx: Context, x: TensorVar, vars: NormVars, epsilon: number): TensorVar {
  return batchNorm({ ...ctx, training: false }, x, vars, { axis: -1, momentum: 1, epsilon });
}
