import { describe, expect, it } from 'vitest';
import { readLayer, writeLayer } from '../../src/formats/keras_layers.js';
import { IMAGE, optionsOf, read } from './keras_reading.js';

const WINDOW = {
  ...{
    strides: 1,
    padding: 'valid',
    useBias: true,
    activation: 'linear',
    kernelInitializer: 'glorot_uniform',
  },
};
/** What https://keras.io/api/layers/ says that a layer is where nothing else is given. */
const DEFAULTS: readonly [kind: string, given: object, options: object][] = [
  ['Conv2D', { filters: 4, kernel_size: 3 }, { filters: 4, kernelSize: [3, 3], ...WINDOW }],
  [
    'SeparableConv2D',
    { filters: 4, kernel_size: 3 },
    { filters: 4, kernelSize: [3, 3], depthMultiplier: 1, ...WINDOW },
  ],
  ['DepthwiseConv2D', { kernel_size: [3, 3] }, { kernelSize: [3, 3], depthMultiplier: 1, ...WINDOW }],
  [
    'Dense',
    { units: 7 },
    { units: 7, useBias: true, activation: 'linear', kernelInitializer: 'glorot_uniform' },
  ],
  ['BatchNormalization', {}, { axis: -1, momentum: 0.99, epsilon: 0.001, center: true, scale: true }],
  ['Activation', {}, { activation: 'linear' }],
  ['ELU', {}, { alpha: 1 }],
  ['ReLU', {}, {}],
  ['LeakyReLU', {}, { negativeSlope: 0.3 }],
  ['Softmax', {}, {}],
  ['MaxPooling2D', {}, { poolSize: 2, strides: 2, padding: 'valid' }],
  ['MaxPooling2D', { pool_size: 3 }, { poolSize: 3, strides: 3, padding: 'valid' }],
  ['AveragePooling2D', {}, { poolSize: 2, strides: 2, padding: 'valid' }],
  ['GlobalAveragePooling2D', {}, {}],
  ['Dropout', { rate: 0.2 }, { rate: 0.2 }],
  ['SpatialDropout2D', { rate: 0.2 }, { rate: 0.2 }],
  ['Flatten', {}, {}],
  ['Add', {}, {}],
  ['ZeroPadding2D', {}, { padding: [1, 1, 1, 1] }],
  ['GlobalMaxPooling2D', {}, {}],
  ['Multiply', {}, {}],
  ['LayerNormalization', {}, { epsilon: 0.001, center: true, scale: true }],
  ['PReLU', {}, { shared: false }],
  ['Normalization', {}, {}],
  ['Rescaling', { scale: 2 }, { scale: 2, offset: 0 }],
];

const BOTH = { kernel_size: [3, 5], strides: [2, 2], padding: 'same', use_bias: false, activation: 'elu' };
const OWN = {
  ...{ kernelSize: [3, 5], strides: 2, padding: 'same', useBias: false, activation: 'elu' },
};
const HE = { class_name: 'HeNormal', config: { seed: null } };
/** Every option with another value than its default. */
const GIVEN: readonly [kind: string, given: object, options: object][] = [
  [
    'Conv2D',
    { filters: 4, ...BOTH, kernel_initializer: HE },
    { filters: 4, ...OWN, kernelInitializer: 'he_normal' },
  ],
  [
    'SeparableConv2D',
    { filters: 4, ...BOTH, depth_multiplier: 3, depthwise_initializer: 'he_normal' },
    { filters: 4, ...OWN, depthMultiplier: 3, kernelInitializer: 'he_normal' },
  ],
  [
    'DepthwiseConv2D',
    { ...BOTH, strides: [1, 3], depth_multiplier: 3, depthwise_initializer: HE },
    { ...OWN, strides: [1, 3], depthMultiplier: 3, kernelInitializer: 'he_normal' },
  ],
  [
    'Conv2D',
    { filters: 4, ...BOTH, strides: [2, 1], kernel_initializer: HE },
    { filters: 4, ...OWN, strides: [2, 1], kernelInitializer: 'he_normal' },
  ],
  [
    'BatchNormalization',
    { axis: 1, momentum: 0.8, epsilon: 0.1, center: false, scale: false },
    { axis: 1, momentum: 0.8, epsilon: 0.1, center: false, scale: false },
  ],
  ['ELU', { alpha: 0.4 }, { alpha: 0.4 }],
  ['ELU', { alpha: [0.4] }, { alpha: 0.4 }],
  ['ReLU', { max_value: 6, negative_slope: 0.1, threshold: [0] }, { maxValue: 6, negativeSlope: 0.1 }],
  ['LeakyReLU', { alpha: 0.2 }, { negativeSlope: 0.2 }],
  ['LeakyReLU', { negative_slope: 0.1 }, { negativeSlope: 0.1 }],
  ['Softmax', { axis: 3 }, {}],
  ['Softmax', { axis: [-1] }, {}],
  [
    'MaxPooling2D',
    { pool_size: [3, 3], strides: [2, 2], padding: 'same' },
    { poolSize: 3, strides: 2, padding: 'same' },
  ],
  [
    'AveragePooling2D',
    { pool_size: 3, strides: 1, padding: 'same' },
    { poolSize: 3, strides: 1, padding: 'same' },
  ],
  [
    'MaxPooling2D',
    { pool_size: [2, 3], strides: [1, 2] },
    { poolSize: [2, 3], strides: [1, 2], padding: 'valid' },
  ],
  ['GlobalMaxPooling2D', { keepdims: true }, { keepdims: true }],
  ['GlobalAveragePooling2D', { keepdims: true }, { keepdims: true }],
  ['Dropout', { rate: 0.5, noise_shape: [null, 1, 1, 1] }, { rate: 0.5, perImage: true }],
  ['PReLU', { shared_axes: [1, 2] }, { shared: true }],
  ['Permute', { dims: [3, 1, 2] }, { dims: [3, 1, 2] }],
  ['Rescaling', { scale: [2, 3, 4], offset: -1 }, { scale: [2, 3, 4], offset: -1 }],
  ['Normalization', { axis: [-1], mean: null, variance: null, invert: false }, {}],
  [
    'LayerNormalization',
    { axis: [3], epsilon: 0.1, center: false, scale: false },
    { epsilon: 0.1, center: false, scale: false },
  ],
  ['Activation', { activation: 'swish' }, { activation: 'swish' }],
  ['ZeroPadding2D', { padding: 2 }, { padding: [2, 2, 2, 2] }],
  ['Cropping2D', { cropping: [2, 1] }, { cropping: [2, 2, 1, 1] }],
  ['ZeroPadding2D', { padding: [2, 3] }, { padding: [2, 2, 3, 3] }],
  [
    'ZeroPadding2D',
    {
      padding: [
        [1, 2],
        [3, 0],
      ],
    },
    { padding: [1, 2, 3, 0] },
  ],
  ['Activation', { activation: 'tanh' }, { activation: 'tanh' }],
];

describe('a layer in the words of Keras', () => {
  it.each(DEFAULTS)('%s %j has the defaults of Keras', (kind, given, options) => {
    const input = kind === 'Dense' ? [9] : IMAGE;
    expect(normal(optionsOf(kind, given, input))).toEqual(options);
  });

  it.each(GIVEN)('%s %j is read', (kind, given, options) => {
    expect(normal(optionsOf(kind, given))).toEqual(options);
  });

  it.each(GIVEN)('%s %j is written and read alike, as what it is', (kind, given) => {
    const [{ layer, name } = { layer: undefined, name: '' }] = read(kind, given);
    if (layer === undefined) throw new Error('nothing was read');
    const written = writeLayer(name, layer, layer.outputShape(IMAGE));
    expect(written).toMatchObject({ class_name: kind, config: { name: 'x', dtype: 'float32' } });
    const [back] = readLayer(JSON.parse(JSON.stringify(written)), IMAGE, 'file');
    expect(back?.layer.config).toEqual(layer.config);
  });

  it.each([
    [
      { mean: [[[[1, 2, 3]]]], variance: [[[[4, 0.25, 1]]]] },
      { scale: [0.5, 2, 1], offset: [-0.5, -4, -3] },
    ],
    [
      { mean: [0.5], variance: 4 },
      { scale: 0.5, offset: -0.25 },
    ],
    [
      { mean: [1, 2, 3], variance: [4] },
      { scale: [0.5, 0.5, 0.5], offset: [-0.5, -1, -1.5] },
    ],
    [
      { mean: 0, variance: 0 },
      { scale: 1e7, offset: -0 },
    ],
  ])('Normalization to which numbers were given, %j, is read as Rescaling', (given, config) => {
    const [{ layer } = { layer: undefined }] = read('Normalization', given);
    expect(layer).toMatchObject({ kind: 'Rescaling', config });
  });

  it('Dense is read with its options', () => {
    const given = { units: 5, use_bias: false, activation: 'relu', kernel_initializer: HE };
    expect(optionsOf('Dense', given, [9])).toEqual({
      ...{ units: 5, useBias: false, activation: 'relu', kernelInitializer: 'he_normal' },
    });
  });

  const empty = (...names: string[]) => Object.fromEntries(names.map((name) => [name, null]));
  const initializer = (class_name: string, config = {}) => ({ class_name, config });
  const zeros = initializer('Zeros');
  const ones = initializer('Ones');
  const he = initializer('HeNormal', { seed: null });
  const common = { name: 'x', trainable: true, dtype: 'float32' };
  const last = { data_format: 'channels_last' };
  const window = {
    ...{ kernel_size: [3, 5], strides: [2, 2], padding: 'same', ...last, dilation_rate: [1, 1] },
    ...{ activation: 'elu', use_bias: false, bias_initializer: zeros },
    ...empty('bias_regularizer', 'bias_constraint', 'activity_regularizer'),
  };
  const WRITTEN: readonly [kind: string, given: object, config: object][] = [
    [
      'Conv2D',
      { filters: 4, ...BOTH, kernel_initializer: HE },
      {
        ...{ filters: 4, ...window, groups: 1, kernel_initializer: he },
        ...empty('kernel_regularizer', 'kernel_constraint'),
      },
    ],
    [
      'SeparableConv2D',
      { filters: 4, ...BOTH, depth_multiplier: 3, depthwise_initializer: HE },
      {
        ...{
          filters: 4,
          ...window,
          depth_multiplier: 3,
          depthwise_initializer: he,
          pointwise_initializer: he,
        },
        ...empty(
          'depthwise_regularizer',
          'depthwise_constraint',
          'pointwise_regularizer',
          'pointwise_constraint',
        ),
      },
    ],
    [
      'DepthwiseConv2D',
      { ...BOTH, depth_multiplier: 3 },
      {
        ...{
          ...window,
          depth_multiplier: 3,
          depthwise_initializer: initializer('GlorotUniform', { seed: null }),
        },
        ...empty('depthwise_regularizer', 'depthwise_constraint'),
      },
    ],
    [
      'BatchNormalization',
      { momentum: 0.8, epsilon: 0.1, scale: false },
      {
        ...{ axis: 3, momentum: 0.8, epsilon: 0.1, center: true, scale: false },
        ...{ beta_initializer: zeros, gamma_initializer: ones },
        ...{ moving_mean_initializer: zeros, moving_variance_initializer: ones },
        ...empty('beta_regularizer', 'gamma_regularizer', 'beta_constraint', 'gamma_constraint'),
      },
    ],
    ['BatchNormalization', { axis: 2, center: false }, { axis: 2, center: false }],
    ['Activation', { activation: 'relu6' }, { activation: 'relu6' }],
    ['ELU', { alpha: 0.4 }, { alpha: 0.4 }],
    ['ReLU', {}, { max_value: null, negative_slope: 0, threshold: 0 }],
    ['ReLU', { max_value: 6, negative_slope: 0.1 }, { max_value: 6, negative_slope: 0.1, threshold: 0 }],
    ['LeakyReLU', { alpha: 0.2 }, { alpha: 0.2 }],
    ['Softmax', {}, { axis: -1 }],
    [
      'MaxPooling2D',
      { pool_size: 3, strides: 2 },
      { pool_size: [3, 3], padding: 'valid', strides: [2, 2], ...last },
    ],
    [
      'AveragePooling2D',
      { padding: 'same' },
      { pool_size: [2, 2], padding: 'same', strides: [2, 2], ...last },
    ],
    ['GlobalAveragePooling2D', {}, last],
    ['Dropout', { rate: 0.25 }, { rate: 0.25, noise_shape: null, seed: null }],
    ['Flatten', {}, last],
    ['Add', {}, {}],
    [
      'ZeroPadding2D',
      {
        padding: [
          [1, 2],
          [3, 0],
        ],
      },
      {
        padding: [
          [1, 2],
          [3, 0],
        ],
        ...last,
      },
    ],
  ];
  it.each(WRITTEN)('%s %j is written with each of its options', (kind, given, config) => {
    const [{ layer } = { layer: undefined }] = read(kind, given);
    if (layer === undefined) throw new Error('nothing was read');
    const output = kind === 'Add' ? IMAGE : layer.outputShape(IMAGE);
    const written = writeLayer('x', layer, output);
    const partly = kind === 'BatchNormalization' && 'axis' in given;
    if (partly) expect(written.config).toMatchObject({ ...common, ...config });
    else expect(written.config).toEqual({ ...common, ...config });
  });

  it('SpatialDropout2D is written without `trainable`, which Keras 3 refuses there', () => {
    const [{ layer } = { layer: undefined }] = read('SpatialDropout2D', { rate: 0.3 });
    if (layer === undefined) throw new Error('nothing was read');
    expect(writeLayer('s', layer, IMAGE).config).toEqual({ name: 's', dtype: 'float32', rate: 0.3, ...last });
  });

  it('that is frozen says so in files, and gives weights that no training moves', () => {
    const [{ layer } = { layer: undefined }] = read('BatchNormalization', { trainable: false });
    if (layer === undefined) throw new Error('nothing was read');
    expect(layer.weights(IMAGE).map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    expect(writeLayer('x', layer, IMAGE).config).toMatchObject({ trainable: false });
    const free = read('BatchNormalization')[0]
      ?.layer.weights(IMAGE)
      .map(({ trainable }) => trainable);
    expect(free).toEqual([true, true, false, false]);
  });

  it('with a layer as its activation is two, the second named after the first', () => {
    const inside = { class_name: 'ReLU', config: { name: 'other', max_value: 2 } };
    for (const [kind, given, input] of [
      ['Conv2D', { filters: 2, kernel_size: 3 }, IMAGE],
      ['SeparableConv2D', { filters: 2, kernel_size: 3 }, IMAGE],
      ['DepthwiseConv2D', { kernel_size: 3 }, IMAGE],
      ['Dense', { units: 2 }, [9]],
      ['Activation', {}, IMAGE],
    ] as const) {
      const layers = read(kind, { ...given, activation: inside }, input);
      expect(layers.map(({ name, layer: { kind: own } }) => [name, own])).toEqual([
        ['x', kind],
        ['x_activation', 'ReLU'],
      ]);
      expect(layers[0]?.layer.config['activation']).toBe('linear');
      expect(layers[1]?.layer.config).toEqual({ maxValue: 2 });
    }
    const named = read('Dense', { units: 2, activation: { class_name: 'function', config: 'tanh' } }, [9]);
    expect(named).toHaveLength(1);
    expect(named[0]?.layer.config['activation']).toBe('tanh');
  });
});

/** Sizes of kernels as pairs, and no options that are as if they were not there. */
function normal(options: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { kernelSize: size, negativeSlope: slope, ...rest } = options;
  return {
    ...rest,
    ...(size !== undefined && { kernelSize: Array.isArray(size) ? size : [size, size] }),
    ...(slope !== undefined && slope !== 0 && { negativeSlope: slope }),
  };
}
