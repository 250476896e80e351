import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { poolGeometry } from '../gpu/kernels/max_pool2d.js';
import { expectShape, type Padding, type Shape, sizeOf } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { Initializer } from './init.js';
import { batchNorm } from './ops/batch_norm.js';
import { conv2d } from './ops/conv2d.js';
import { dense } from './ops/dense.js';
import { dropout } from './ops/dropout.js';
import { elu } from './ops/elu.js';
import { flatten } from './ops/flatten.js';
import { maxPool2d } from './ops/max_pool2d.js';
import { relu } from './ops/relu.js';

/** A weight that a layer asks for: [shape], how it starts, whether an optimiser moves it. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly trainable: boolean;
}

/**
 * One layer of a network: a description, without memory of its own. Shapes here leave out the batch axis.
 * Names, options and defaults are Keras's.
 */
export interface Layer {
  /** Keras class name, e.g. `Conv2D`. */
  readonly kind: string;
  /** The op, and so the shader whose header explains it; undefined for plain reshaping. */
  readonly lesson?: string;
  /** Its settings, defaults filled in. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  outputShape(input: Shape): Shape;
  weights(input: Shape): readonly WeightSpec[];
  /** Records the layer; `get` gives its own weights by name, `index` its position in the network. */
  call(ctx: Context, x: TensorVar, get: (weight: string) => TensorVar, index: number): TensorVar;
}

const none = (): readonly WeightSpec[] => [];
const same = (input: Shape): Shape => input;

export interface Conv2DOptions {
  readonly filters: number;
  /** Edge of the window, odd; default 3. */
  readonly kernelSize?: number;
  /** Default 1. */
  readonly strides?: number;
  /** Default 'same'; Keras's own default is 'valid', no network here uses that. */
  readonly padding?: Padding;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default glorot_uniform. */
  readonly kernelInitializer?: Initializer;
}

/** 2-D convolution over NHWC; https://keras.io/api/layers/convolution_layers/convolution2d/ */
export function Conv2D(options: Conv2DOptions): Layer {
  const { filters, kernelSize = 3, strides = 1, padding = 'same', useBias = true } = options;
  const { kernelInitializer = 'glorot_uniform' } = options;
  const convolution = { stride: strides, padding };
  const kernelShape = (input: Shape): Shape => [kernelSize, kernelSize, input.at(-1) ?? 0, filters];
  return {
    kind: 'Conv2D',
    lesson: 'conv2d',
    config: { filters, kernelSize, strides, padding, useBias, kernelInitializer },
    outputShape: (input) => {
      const g = convGeometry([1, ...input], kernelShape(input), convolution);
      return [g.oh, g.ow, g.oc];
    },
    weights: (input) => [
      {
        name: 'kernel',
        shape: kernelShape(input),
        initializer: kernelInitializer,
        trainable: true,
      },
      ...(useBias
        ? [{ name: 'bias', shape: [filters], initializer: 'zeros', trainable: true } as const]
        : []),
    ],
    call: (ctx, x, get) => conv2d(ctx, x, get('kernel'), useBias ? get('bias') : undefined, convolution),
  };
}

export interface DenseOptions {
  readonly units: number;
  /** Default glorot_uniform. */
  readonly kernelInitializer?: Initializer;
}

/** Fully connected layer; https://keras.io/api/layers/core_layers/dense/ */
export function Dense({ units, kernelInitializer = 'glorot_uniform' }: DenseOptions): Layer {
  return {
    kind: 'Dense',
    lesson: 'dense',
    config: { units, kernelInitializer },
    outputShape: (input) => {
      expectShape('Dense', 'input is a vector; put Flatten before it', input, [null]);
      return [units];
    },
    weights: (input) => [
      { name: 'kernel', shape: [sizeOf(input), units], initializer: kernelInitializer, trainable: true },
      { name: 'bias', shape: [units], initializer: 'zeros', trainable: true },
    ],
    call: (ctx, x, get) => dense(ctx, x, get('kernel'), get('bias')),
  };
}

export interface BatchNormalizationOptions {
  /** Channel axis, counted with the batch axis; default -1. */
  readonly axis?: number;
  /** Default 0.99. */
  readonly momentum?: number;
  /** Default 1e-3. */
  readonly epsilon?: number;
}

/** Batch normalisation; https://keras.io/api/layers/normalization_layers/batch_normalization/ */
export function BatchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = options;
  return {
    kind: 'BatchNormalization',
    lesson: 'batch_norm',
    config: { axis, momentum, epsilon },
    outputShape: same,
    weights: (input) => {
      const shape = [[0, ...input].at(axis) ?? 0];
      return [
        { name: 'gamma', shape, initializer: 'ones', trainable: true },
        { name: 'beta', shape, initializer: 'zeros', trainable: true },
        { name: 'moving_mean', shape, initializer: 'zeros', trainable: false },
        { name: 'moving_variance', shape, initializer: 'ones', trainable: false },
      ];
    },
    call: (ctx, x, get) => {
      const vars = {
        gamma: get('gamma'),
        beta: get('beta'),
        movingMean: get('moving_mean'),
        movingVariance: get('moving_variance'),
      };
      return batchNorm(ctx, x, vars, { axis, momentum, epsilon });
    },
  };
}

/** ELU; alpha 1 by default. https://keras.io/api/layers/activation_layers/elu/ */
export function ELU({ alpha = 1 }: { readonly alpha?: number } = {}): Layer {
  return {
    kind: 'ELU',
    lesson: 'elu',
    config: { alpha },
    outputShape: same,
    weights: none,
    call: (ctx, x) => elu(ctx, x, alpha),
  };
}

/** ReLU; https://keras.io/api/layers/activation_layers/relu/ */
export function ReLU(): Layer {
  return {
    kind: 'ReLU',
    lesson: 'relu',
    config: {},
    outputShape: same,
    weights: none,
    call: (ctx, x) => relu(ctx, x),
  };
}

export interface MaxPool2DOptions {
  /** Edge of the window; default 2. */
  readonly poolSize?: number;
  /** Default `poolSize`. */
  readonly strides?: number;
  /** Default 'valid'. */
  readonly padding?: Padding;
}

/** Max pooling over NHWC; https://keras.io/api/layers/pooling_layers/max_pooling2d/ */
export function MaxPool2D({
  poolSize = 2,
  strides = poolSize,
  padding = 'valid',
}: MaxPool2DOptions = {}): Layer {
  const pool = { size: poolSize, stride: strides, padding };
  return {
    kind: 'MaxPooling2D',
    lesson: 'max_pool2d',
    config: { poolSize, strides, padding },
    outputShape: (input) => {
      const g = poolGeometry([1, ...input], pool);
      return [g.oh, g.ow, g.c];
    },
    weights: none,
    call: (ctx, x) => maxPool2d(ctx, x, pool),
  };
}

/** Dropout of single values; https://keras.io/api/layers/regularization_layers/dropout/ */
export function Dropout({ rate }: { readonly rate: number }): Layer {
  return {
    kind: 'Dropout',
    lesson: 'dropout',
    config: { rate },
    outputShape: same,
    weights: none,
    call: (ctx, x, _, index) => dropout(ctx, x, rate, index),
  };
}

/** [H, W, C] -> [H * W * C]; https://keras.io/api/layers/reshaping_layers/flatten/ */
export function Flatten(): Layer {
  return {
    kind: 'Flatten',
    config: {},
    outputShape: (input) => [sizeOf(input)],
    weights: none,
    call: (ctx, x) => flatten(ctx, x),
  };
}

/**
 * Turns the last scores into probabilities. It is part of the loss kernel (softmax_cross_entropy.wgsl), so the
 * layer itself passes the logits on; `Learner.predict` gives the probabilities.
 */
export function Softmax(): Layer {
  return {
    kind: 'Softmax',
    lesson: 'softmax_cross_entropy',
    config: {},
    outputShape: same,
    weights: none,
    call: (_, x) => x,
  };
}
