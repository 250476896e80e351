import { describe, expect, it } from 'vitest';
import { frozen, type Layer } from '../../src/nn/layer.js';
import {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  Cropping2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  LeakyReLU,
  MaxPooling2D,
  ReLU,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  ZeroPadding2D,
} from '../../src/nn/layers.js';
import { snakeCase } from '../../src/nn/network.js';
import { adam, allState, rmsprop, sgd } from '../../src/nn/optimizers.js';

const IMAGE = [7, 10, 3];

describe('layers', () => {
  // Keras's documented defaults; only padding is our own ('same', see docs/keras.md).
  const window = {
    ...{ strides: 1, padding: 'same', useBias: true, activation: 'linear' },
    kernelInitializer: 'glorot_uniform',
  };
  it.each<[Layer, object]>([
    [Conv2D({ filters: 4 }), { ...window, filters: 4, kernelSize: 3 }],
    [DepthwiseConv2D(), { ...window, kernelSize: 3, depthMultiplier: 1 }],
    [SeparableConv2D({ filters: 4 }), { ...window, filters: 4, kernelSize: 3, depthMultiplier: 1 }],
    [
      Dense({ units: 5 }),
      { units: 5, useBias: true, activation: 'linear', kernelInitializer: 'glorot_uniform' },
    ],
    [BatchNormalization(), { axis: -1, momentum: 0.99, epsilon: 1e-3, center: true, scale: true }],
    [MaxPooling2D(), { poolSize: 2, strides: 2, padding: 'valid' }],
    [MaxPooling2D({ poolSize: 3 }), { poolSize: 3, strides: 3, padding: 'valid' }],
    [AveragePooling2D(), { poolSize: 2, strides: 2, padding: 'valid' }],
    [AveragePooling2D({ poolSize: 3 }), { poolSize: 3, strides: 3, padding: 'valid' }],
    [ELU(), { alpha: 1 }],
    [LeakyReLU(), { negativeSlope: 0.3 }],
    [ReLU(), {}],
    [ReLU({ maxValue: 6, negativeSlope: 0.1 }), { maxValue: 6, negativeSlope: 0.1 }],
    [Activation({ activation: 'tanh' }), { activation: 'tanh' }],
    [Dropout({ rate: 0.3 }), { rate: 0.3 }],
    [SpatialDropout2D({ rate: 0.3 }), { rate: 0.3 }],
    [ZeroPadding2D(), { padding: [1, 1, 1, 1] }],
    [ZeroPadding2D({ padding: [1, 2] }), { padding: [1, 1, 2, 2] }],
    [ZeroPadding2D({ padding: [1, 2, 3, 4] }), { padding: [1, 2, 3, 4] }],
    [Cropping2D(), { cropping: [0, 0, 0, 0] }],
    [Cropping2D({ cropping: [1, 2] }), { cropping: [1, 1, 2, 2] }],
    [Conv2D({ filters: 4, kernelSize: [3, 3] }), { ...window, filters: 4, kernelSize: 3 }],
    [Conv2D({ filters: 4, kernelSize: [1, 3] }), { ...window, filters: 4, kernelSize: [1, 3] }],
  ])('%# have the settings of Keras', (layer, config) => {
    expect(layer.config).toEqual(config);
  });

  it.each<[Layer, readonly number[]]>([
    [Conv2D({ filters: 4 }), [7, 10, 4]],
    [Conv2D({ filters: 4, strides: 2 }), [4, 5, 4]],
    [Conv2D({ filters: 4, strides: [1, 2] }), [7, 5, 4]],
    [Conv2D({ filters: 4, kernelSize: [2, 5], padding: 'valid' }), [6, 6, 4]],
    [Conv2D({ filters: 4, kernelSize: 3, strides: 3, padding: 'valid' }), [2, 3, 4]],
    [DepthwiseConv2D({ depthMultiplier: 2, strides: 2, padding: 'valid' }), [3, 4, 6]],
    [SeparableConv2D({ filters: 5, depthMultiplier: 2, strides: 2 }), [4, 5, 5]],
    [MaxPooling2D(), [3, 5, 3]],
    [MaxPooling2D({ padding: 'same' }), [4, 5, 3]],
    [MaxPooling2D({ poolSize: 3, strides: 2 }), [3, 4, 3]],
    [AveragePooling2D({ poolSize: 3, strides: 2 }), [3, 4, 3]],
    [AveragePooling2D({ padding: 'same' }), [4, 5, 3]],
    [GlobalAveragePooling2D(), [3]],
    [Flatten(), [210]],
    [ZeroPadding2D({ padding: [1, 2, 3, 4] }), [10, 17, 3]],
    [ZeroPadding2D({ padding: [1, 2] }), [9, 14, 3]],
    [Cropping2D({ cropping: [1, 2, 3, 4] }), [4, 3, 3]],
    [BatchNormalization(), IMAGE],
    [SpatialDropout2D({ rate: 0.1 }), IMAGE],
    [ReLU(), IMAGE],
  ])('%# give the shape that Keras documents', (layer, shape) => {
    expect(layer.outputShape(IMAGE)).toEqual(shape);
  });

  const trained = (name: string, shape: readonly number[], initializer = 'zeros') => ({
    ...{ name, shape, initializer, trainable: true },
  });
  it.each<[Layer, readonly number[], object[]]>([
    [
      Conv2D({ filters: 4, kernelSize: [2, 5], kernelInitializer: 'he_normal' }),
      IMAGE,
      [trained('kernel', [2, 5, 3, 4], 'he_normal'), trained('bias', [4])],
    ],
    [Conv2D({ filters: 4, useBias: false }), IMAGE, [trained('kernel', [3, 3, 3, 4], 'glorot_uniform')]],
    [
      DepthwiseConv2D({ depthMultiplier: 2 }),
      IMAGE,
      [trained('depthwise_kernel', [3, 3, 3, 2], 'glorot_uniform'), trained('bias', [6])],
    ],
    [
      SeparableConv2D({ filters: 5, depthMultiplier: 2, kernelInitializer: 'he_normal' }),
      IMAGE,
      [
        trained('depthwise_kernel', [3, 3, 3, 2], 'he_normal'),
        trained('pointwise_kernel', [1, 1, 6, 5], 'he_normal'),
        trained('bias', [5]),
      ],
    ],
    [
      Dense({ units: 5, kernelInitializer: 'he_normal' }),
      [8],
      [trained('kernel', [8, 5], 'he_normal'), trained('bias', [5])],
    ],
    [Dense({ units: 5, useBias: false }), [8], [trained('kernel', [8, 5], 'glorot_uniform')]],
    [
      BatchNormalization(),
      IMAGE,
      [
        trained('gamma', [3], 'ones'),
        trained('beta', [3]),
        { name: 'moving_mean', shape: [3], initializer: 'zeros', trainable: false },
        { name: 'moving_variance', shape: [3], initializer: 'ones', trainable: false },
      ],
    ],
  ])('%# ask for the weights that Keras has', (layer, input, weights) => {
    expect(layer.weights(input)).toEqual(weights);
  });

  it('normalise any axis, with gamma and beta or without', () => {
    const names = (layer: Layer) => layer.weights(IMAGE).map(({ name, shape }) => `${name} ${shape}`);
    expect(names(BatchNormalization({ axis: 1, scale: false }))).toEqual([
      ...['beta 7', 'moving_mean 7', 'moving_variance 7'],
    ]);
    expect(names(BatchNormalization({ axis: 2, center: false }))).toEqual([
      ...['gamma 10', 'moving_mean 10', 'moving_variance 10'],
    ]);
  });

  it('without weights ask for none', () => {
    for (const layer of [ELU(), ReLU(), MaxPooling2D(), Flatten(), Add(), Softmax(), Dropout({ rate: 0.1 })])
      expect(layer.weights(IMAGE)).toEqual([]);
  });

  it('refuse what is no image, or no vector', () => {
    expect(() => SpatialDropout2D({ rate: 0.5 }).outputShape([8])).toThrow('SpatialDropout2D: input is an');
    expect(() => Cropping2D({ cropping: 4 }).outputShape([9, 8, 1])).toThrow(
      'cropping2d: at least one row and one column remain; expected more than 8 x 8, got [1, 9, 8, 1]',
    );
    expect(() => GlobalAveragePooling2D().outputShape([8])).toThrow('GlobalAveragePooling2D: input is an');
    expect(() => Dense({ units: 2 }).outputShape(IMAGE)).toThrow('Dense: input is a vector');
    expect(() => Add().outputShape(IMAGE, [7, 10, 3], [7, 10, 4])).toThrow(
      'Add: all inputs have the shape [7, 10, 3]',
    );
    expect(Add().outputShape(IMAGE, [7, 10, 3], [7, 10, 3])).toEqual(IMAGE);
  });

  it("are named by Keras's rule", () => {
    const names = {
      ...{ Conv2D: 'conv2d', DepthwiseConv2D: 'depthwise_conv2d', SeparableConv2D: 'separable_conv2d' },
      ...{ MaxPooling2D: 'max_pooling2d', GlobalAveragePooling2D: 'global_average_pooling2d' },
      ...{ BatchNormalization: 'batch_normalization', ReLU: 're_lu', LeakyReLU: 'leaky_re_lu', ELU: 'elu' },
      ...{ SpatialDropout2D: 'spatial_dropout2d', ZeroPadding2D: 'zero_padding2d', Add: 'add' },
    };
    expect(Object.keys(names).map(snakeCase)).toEqual(Object.values(names));
  });
});

describe('optimisers', () => {
  it("begin with Keras's learning rates", () => {
    expect([sgd(), rmsprop(), adam()].map(({ learningRate }) => learningRate)).toEqual([0.01, 0.001, 0.001]);
    expect(adam({ learningRate: 0.5 }).learningRate).toBe(0.5);
    expect([sgd({ learningRate: 2 }), rmsprop({ learningRate: 3 })].map((o) => o.learningRate)).toEqual([
      2, 3,
    ]);
  });

  it('keep what their rule needs and no more', () => {
    expect([sgd(), sgd({ momentum: 0.9 })].map((o) => o.usedState)).toEqual([[], ['velocity']]);
    expect(rmsprop().usedState).toEqual(['square']);
    expect(rmsprop({ momentum: 0.9, centered: true }).usedState).toEqual(['square', 'average', 'velocity']);
    expect([adam(), adam({ amsgrad: true })].map((o) => o.usedState)).toEqual([
      ['moment', 'square'],
      ['moment', 'square', 'largest'],
    ]);
    for (const o of [sgd({ momentum: 1 }), rmsprop({ momentum: 1, centered: true }), adam({ amsgrad: true })])
      expect(allState(o)).toEqual(o.usedState);
  });

  it("take the schedule's rate; Adam corrects it for moments that begin at 0", () => {
    expect([sgd(), rmsprop()].map((o) => o.stepRate(7, 0.25))).toEqual([0.25, 0.25]);
    expect(adam().stepRate(1, 0.25)).toBeCloseTo((0.25 * Math.sqrt(1 - 0.999)) / (1 - 0.9), 12);
    expect(adam({ beta1: 0.5, beta2: 0.25 }).stepRate(2, 1)).toBeCloseTo(Math.sqrt(15 / 16) / (3 / 4), 12);
  });
});

describe('another activation', () => {
  it.each([
    Dense({ units: 3, useBias: false, activation: 'sigmoid' }),
    Conv2D({ filters: 3, kernelSize: 2, strides: 2, padding: 'valid', activation: 'sigmoid' }),
  ])('changes nothing else of a layer', (layer) => {
    const other = layer.withActivation?.('log_sigmoid');
    expect(other?.kind).toBe(layer.kind);
    expect(other?.config).toEqual({ ...layer.config, activation: 'log_sigmoid' });
  });

  it('leaves a frozen layer frozen', () => {
    const other = frozen(Dense({ units: 3 })).withActivation?.('log_sigmoid');
    expect(other?.config).toMatchObject({ activation: 'log_sigmoid', trainable: false });
    expect(other?.weights([4]).map(({ trainable }) => trainable)).toEqual([false, false]);
  });
});
