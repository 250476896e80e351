import { describe, expect, it } from 'vitest';
import { ConfigReader, isKerasObject, withPlainLists } from '../../src/formats/keras_config.js';
import { RunError } from '../../src/util/errors.js';
import { optionsOf, read } from './keras_reading.js';

describe('the options of a layer in the words of Keras', () => {
  it.each([
    [
      'Conv2D',
      { filters: 2, kernel_size: [3, 3, 3] },
      'kernel_size = [3,3,3] is not supported; expected one or two',
    ],
    ['Conv2D', { filters: 2, kernel_size: 1.5 }, 'kernel_size = 1.5 is not supported'],
    ['Conv2D', { filters: '2', kernel_size: 3 }, 'filters = "2" is not supported; expected a number'],
    ['Conv2D', { filters: [2, 2], kernel_size: 3 }, 'filters = [2,2] is not supported; expected a number'],
    [
      'Conv2D',
      { filters: 2, kernel_size: 3, padding: 'causal' },
      'padding = "causal" is not supported; only same, valid',
    ],
    [
      'Conv2D',
      { filters: 2, kernel_size: 3, groups: 2 },
      'groups = 2 is not supported; expected a divisor of the ',
    ],
    ['DepthwiseConv2D', { kernel_size: 3, data_format: 'channels_first' }, 'data_format = "channels_first"'],
    ['MaxPooling2D', { data_format: 'channels_first' }, 'data_format = "channels_first"'],
    [
      'MaxPooling2D',
      { strides: [1, 0] },
      'strides = [1,0] is not supported; expected one or two whole numbers',
    ],
    [
      'DepthwiseConv2D',
      { kernel_size: 3, dilation_rate: 0 },
      'dilation_rate = 0 is not supported; expected one or two whole numbers',
    ],
    ['GlobalAveragePooling2D', { data_format: 'channels_first' }, 'data_format = "channels_first"'],
    ['SpatialDropout2D', { rate: 0.5, data_format: 'channels_first' }, 'data_format = "channels_first"'],
    ['SpatialDropout2D', { rate: 0.5, noise_shape: [1] }, 'noise_shape = [1] is not supported; leave it out'],
    ['Flatten', { data_format: 'channels_first' }, 'data_format = "channels_first"'],
    ['ZeroPadding2D', { data_format: 'channels_first' }, 'data_format = "channels_first"'],
    ['ZeroPadding2D', { padding: [1, -1] }, 'padding = [1,-1] is not supported; expected rows and columns'],
    ['ZeroPadding2D', { padding: [1, 2, 3] }, 'padding = [1,2,3] is not supported'],
    ['ZeroPadding2D', { padding: 0.5 }, 'padding = 0.5 is not supported'],
    ['BatchNormalization', { axis: 0 }, 'axis = 0 is not supported; only -1 or 1 to 3'],
    ['BatchNormalization', { axis: -2 }, 'axis = -2 is not supported'],
    ['Softmax', { axis: 2 }, 'axis = 2 is not supported; only -1, [-1], 3, [3]'],
    ['ELU', { alpha: 1e39 }, 'alpha = 1e+39 is not supported; expected a number of 32 bits'],
    ['ReLU', { max_value: 'a' }, 'max_value = "a" is not supported; expected a number'],
    ['Dense', { units: 1.5 }, 'units = 1.5 is not supported; expected a whole number in [1, 65536]'],
    ['Dense', { units: -3 }, 'units = -3 is not supported; expected a whole number'],
    ['Dense', { units: 1e9 }, 'units = 1000000000 is not supported; expected a whole number'],
    ['Conv2D', { filters: 0, kernel_size: 3 }, 'filters = 0 is not supported; expected a whole number'],
    ['Conv2D', { filters: 2, kernel_size: 1e6 }, 'kernel_size = 1000000 is not supported'],
    ['DepthwiseConv2D', { kernel_size: 3, depth_multiplier: 0.5 }, 'depth_multiplier = 0.5 is not supported'],
    ['BatchNormalization', { epsilon: -1 }, 'epsilon = -1 is not supported; expected a number in [0, 1000)'],
    ['BatchNormalization', { axis: 1.5 }, 'axis = 1.5 is not supported; only -1 or 1 to 3'],
    ['ZeroPadding2D', { padding: 1e6 }, 'padding = 1000000 is not supported'],
    ['Dropout', { rate: 5 }, 'rate = 5 is not supported; expected a number in [0, 1)'],
    ['Dropout', { rate: -0.1 }, 'rate = -0.1 is not supported; expected a number in [0, 1)'],
    ['Dropout', {}, 'rate = undefined is not supported; expected a number'],
    ['Dropout', { rate: 0.5, dtype: 'float8' }, 'dtype = "float8" is not supported; only floats'],
    ['Dropout', { rate: 0.5, trainable: 'no' }, 'trainable = "no" is not supported; expected true or false'],
  ])('%s %j is refused', (kind, given, words) => {
    expect(() => read(kind, given)).toThrow(RunError);
    expect(() => read(kind, given)).toThrow(`file: layer "x" (${kind}): ${words}`);
  });

  it('takes what only training needs, nothing for nothing, and each kind of float', () => {
    const idle = {
      ...{ kernel_regularizer: { l2: 1 }, gamma_constraint: 'x', seed: 3, fused: true, renorm_momentum: 0.9 },
      ...{
        renorm_clipping: {},
        synchronized: true,
        lora_rank: 2,
        lora_alpha: 2,
        unknown: null,
        more: undefined,
      },
      ...{ batch_input_shape: [null, 8, 10, 3], batch_shape: [null, 8, 10, 3] },
    };
    expect(optionsOf('Flatten', idle)).toEqual({});
    for (const dtype of ['float16', 'bfloat16', 'float64', 'mixed_float16', 'mixed_bfloat16', null]) {
      expect(optionsOf('Flatten', { dtype })).toEqual({});
      expect(
        optionsOf('Flatten', { dtype: { class_name: 'DTypePolicy', config: { name: dtype ?? 'float32' } } }),
      ).toEqual({});
    }
    expect(() => read('Flatten', { dtype: { class_name: 'DTypePolicy', config: { name: 'int8' } } })).toThrow(
      'dtype',
    );
    for (const option of ['seeds', 'my_seed', 'kernel_regularizers', 'xfused', 'units']) {
      expect(() => read('Flatten', { [option]: 1 })).toThrow(
        `${option} = 1 is not supported; it is unknown here`,
      );
    }
  });

  it.each([
    ['he_normal', 'he_normal'],
    ['HeNormal', 'he_normal'],
    [{ class_name: 'HeNormal', config: {} }, 'he_normal'],
    [{ class_name: 'VarianceScaling', config: { scale: 2, mode: 'fan_in' } }, 'he_normal'],
    [{ class_name: 'VarianceScaling', config: { scale: 1, mode: 'fan_in' } }, 'glorot_uniform'],
    [{ class_name: 'VarianceScaling', config: { scale: 2, mode: 'fan_avg' } }, 'glorot_uniform'],
    [{ class_name: 'RandomNormal', config: {} }, 'glorot_uniform'],
    [null, 'glorot_uniform'],
    [undefined, 'glorot_uniform'],
  ])('begins with %j as %s', (value, wanted) => {
    expect(new ConfigReader('Conv2D', { k: value }, 'file').initializer('k')).toBe(wanted);
  });

  it('without a name is called like its class', () => {
    expect(new ConfigReader('Conv2D', {}, 'file').name).toBe('Conv2D');
    expect(new ConfigReader('Conv2D', { name: 'c' }, 'file').where).toBe('file: layer "c" (Conv2D)');
  });
});

describe('plain lists', () => {
  it('stand in the place of marked tuples and shapes, however deep', () => {
    const tuple = (...items: unknown[]) => ({ class_name: '__tuple__', items });
    expect(
      withPlainLists({ a: tuple(1, tuple(2, 3)), b: [{ class_name: 'TensorShape', items: [null, 4] }] }),
    ).toEqual({
      ...{ a: [1, [2, 3]], b: [[null, 4]] },
    });
    expect(withPlainLists({ class_name: 'Dense', items: [1] })).toEqual({ class_name: 'Dense', items: [1] });
    expect([withPlainLists(null), withPlainLists('x'), withPlainLists(3)]).toEqual([null, 'x', 3]);
  });

  it('a part of a model is what has a class name', () => {
    expect([{ class_name: 'A', config: {} }, {}, null, 'A', undefined].map(isKerasObject)).toEqual([
      ...[true, false, false, false, false],
    ]);
  });
});
