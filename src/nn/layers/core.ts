import { ShapeError } from '../../gpu/errors.js';
import { concatenatedShape } from '../../gpu/kernels/concatenate.js';
import { type Margins, paddingGeometry } from '../../gpu/kernels/zero_padding2d.js';
import { expectShape, formatShape, sizeOf } from '../../gpu/shape.js';
import type { TensorVar } from '../context.js';
import type { Initializer } from '../init.js';
import { type Layer, noWeights, sameShape, type WeightSpec } from '../layer.js';
import { type ActivationName, activate } from '../ops/activation.js';
import { add } from '../ops/add.js';
import { batchNorm } from '../ops/batch_norm.js';
import { concatenate } from '../ops/concatenate.js';
import { constant } from '../ops/constant.js';
import { dense } from '../ops/dense.js';
import { dropout, spatialDropout } from '../ops/dropout.js';
import { reshape } from '../ops/reshape.js';
import { zeroPadding2d } from '../ops/zero_padding2d.js';

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
    call: (ctx, [x], { get, last }) => {
      const bias = useBias ? get('bias') : constant(ctx, [units], 0);
      return activate(ctx, dense(ctx, x, get('kernel'), bias), activation, last);
    },
  };
}

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

/** Dropout of single elements; https://keras.io/api/layers/regularization_layers/dropout/ */
export function Dropout({ rate }: { readonly rate: number }): Layer {
  return {
    kind: 'Dropout',
    config: { rate },
    outputShape: sameShape,
    weights: noWeights,
    call: (ctx, [x], { index }) => dropout(ctx, x, rate, index),
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

/** [H, W, C] -> [H * W * C]; https://keras.io/api/layers/reshaping_layers/flatten/ */
export function Flatten(): Layer {
  return {
    kind: 'Flatten',
    config: {},
    outputShape: (input) => [sizeOf(input)],
    weights: noWeights,
    call: (ctx, [x]) => {
      const { shape, size } = x.value;
      const b = shape[0] ?? 1;
      return reshape(ctx, x, [b, size / b]);
    },
  };
}

/** The sum of its inputs, all of one shape, as for skip connections; https://keras.io/api/layers/merging_layers/add/ */
export function Add(): Layer {
  return {
    kind: 'Add',
    config: {},
    outputShape: (input, ...others) => {
      if (others.length === 0)
        throw new ShapeError('Add', 'it sums several inputs', 'two inputs or more', 'one');
      for (const other of others)
        expectShape('Add', `all inputs have the shape ${formatShape(input)}`, other, input);
      return input;
    },
    weights: noWeights,
    call: (ctx, [first, ...others]) => others.reduce((sum, x) => add(ctx, sum, x), first),
  };
}

/** Its inputs side by side along the last axis; https://keras.io/api/layers/merging_layers/concatenate/ */
export function Concatenate(): Layer {
  return {
    kind: 'Concatenate',
    config: {},
    outputShape: (input, ...others) => {
      if (others.length === 0)
        throw new ShapeError('Concatenate', 'it joins several inputs', 'two inputs or more', 'one');
      return concatenatedShape([input, ...others]);
    },
    weights: noWeights,
    call: (ctx, inputs) => concatenate(ctx, inputs),
  };
}

/** Options of `ZeroPadding2D`. */
export interface ZeroPadding2DOptions {
  /** Rows and columns of zeros: one number, [rows, columns], or [top, bottom, left, right]; default 1. */
  readonly padding?: number | readonly [number, number] | Margins;
}

/** Adds rows and columns of zeros around an image; https://keras.io/api/layers/reshaping_layers/zero_padding2d/ */
export function ZeroPadding2D({ padding = 1 }: ZeroPadding2DOptions = {}): Layer {
  const [rows, columns] = typeof padding === 'number' ? [padding, padding] : padding;
  const margins = (
    typeof padding !== 'number' && padding.length === 4 ? padding : [rows, rows, columns, columns]
  ) as Margins;
  return {
    kind: 'ZeroPadding2D',
    config: { padding: margins },
    outputShape: (input) => {
      const g = paddingGeometry([1, ...input], margins);
      return [g.oh, g.ow, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => zeroPadding2d(ctx, x, margins),
  };
}
