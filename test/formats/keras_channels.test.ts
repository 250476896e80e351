import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src/formats/keras_architecture.js';
import type { KerasObject } from '../../src/formats/keras_config.js';

const layer = (class_name: string, name: string, config: object = {}): KerasObject => ({
  class_name,
  config: { name, ...config },
});
const FIRST = { data_format: 'channels_first' };
const LAST = { data_format: 'channels_last' };
const INPUT = layer('InputLayer', 'i', { batch_input_shape: [null, 2, 6, 5] });
const CONV = layer('Conv2D', 'c', { filters: 3, kernel_size: 3, padding: 'same', ...FIRST });
const END = layer('Dense', 'd', { units: 4, activation: 'softmax' });
const read = (...layers: readonly KerasObject[]) =>
  readKeras({ class_name: 'Sequential', config: { name: 'm', layers: [INPUT, ...layers] } }, 'x.h5');

describe('a model with channels first', () => {
  it('becomes one with channels last', () => {
    const norm = layer('BatchNormalization', 'n', { axis: 1 });
    const slope = layer('PReLU', 'p', { shared_axes: [2, 3] });
    const pool = layer('MaxPooling2D', 'm', FIRST);
    const { network } = read(CONV, norm, slope, pool, layer('GlobalAveragePooling2D', 'g', FIRST), END);
    expect(network.inputShape).toEqual([6, 5, 2]);
    expect(network.layers.map(({ name, outputShape }) => [name, ...outputShape])).toEqual([
      ['c', 6, 5, 3],
      ['n', 6, 5, 3],
      ['p', 6, 5, 3],
      ['m', 3, 2, 3],
      ['g', 3],
      ['d', 4],
    ]);
    expect(network.layers[1]?.layer.config['axis']).toBe(-1);
    expect(network.layers[2]?.layer.config).toEqual({ shared: true });
  });

  it('unrolls a map channel by channel, unless Flatten itself has them first', () => {
    for (const own of [{}, LAST]) {
      const { network } = read(CONV, layer('Flatten', 'f', own), END);
      expect(network.layers.map(({ name, layer: { kind, config } }) => [name, kind, config['dims']])).toEqual(
        [
          ['c', 'Conv2D', undefined],
          ['f_channels_first', 'Permute', [3, 1, 2]],
          ['f', 'Flatten', undefined],
          ['d', 'Dense', undefined],
        ],
      );
    }
    expect(read(CONV, layer('Flatten', 'f', FIRST), END).network.layers.map(({ name }) => name)).toEqual([
      'c',
      'f',
      'd',
    ]);
  });

  it('is refused where a layer means something else then, or has them last', () => {
    expect(() => read(CONV, layer('BatchNormalization', 'n', { axis: -1 }), END)).toThrow(
      'x.h5: layer "n" (BatchNormalization): with these options it is not supported in a model with data_format channels_first; save the model with channels_last',
    );
    expect(() => read(CONV, layer('PReLU', 'p'), END)).toThrow('layer "p" (PReLU): with these options');
    expect(() => read(CONV, layer('Reshape', 'r', { target_shape: [90] }), END)).toThrow(
      'layer "r" (Reshape)',
    );
    expect(() => read(CONV, layer('MaxPooling2D', 'm', LAST), layer('Flatten', 'f'), END)).toThrow(
      'x.h5: some of its layers have data_format channels_first, others channels_last; expected one for all',
    );
  });
});

describe('hard_sigmoid', () => {
  const hard = layer('Dense', 'h', { units: 5, activation: 'hard_sigmoid' });
  const scaleOf = (json: object, version?: string) => {
    const model = {
      class_name: 'Sequential',
      config: { name: 'm', layers: [INPUT, layer('Flatten', 'f'), hard, END] },
    };
    const { layers } = readKeras({ ...model, ...json }, 'x.h5', version).network;
    expect(layers.map(({ name }) => name)).toEqual([
      'f',
      'h',
      'h_activation',
      'h_activation_activation',
      'd',
    ]);
    expect(layers[3]?.layer.config).toEqual({ maxValue: 1 });
    expect(layers[2]?.layer.config['offset']).toBe(0.5);
    return layers[2]?.layer.config['scale'];
  };

  it('has the slope of the Keras that wrote the file', () => {
    expect(scaleOf({})).toBe(0.2);
    expect(scaleOf({ keras_version: '2.15.0' })).toBe(0.2);
    expect(scaleOf({}, '2.13.1')).toBe(0.2);
    expect(scaleOf({ module: 'keras' })).toBeCloseTo(1 / 6);
    expect(scaleOf({}, '3.15.0')).toBeCloseTo(1 / 6);
    expect(scaleOf({ module: 'keras' }, '2.13.1')).toBe(0.2);
  });
});

describe('an end of sigmoids', () => {
  it.each([
    [
      [layer('Dense', 'd', { units: 4, activation: 'sigmoid', use_bias: false })],
      ['f', 'd', 'added_softmax'],
    ],
    [
      [layer('Dense', 'd', { units: 4 }), layer('Activation', 's', { activation: 'sigmoid' })],
      ['f', 'd', 's', 'added_softmax'],
    ],
  ] as const)('is divided by its sum: the softmax of their logarithms: %j', (end, names) => {
    const { network, softmaxAdded } = read(layer('Flatten', 'f'), ...end);
    expect([network.layers.map(({ name }) => name), softmaxAdded]).toEqual([names, true]);
    expect(network.layers.at(-2)?.layer.config['activation']).toBe('log_sigmoid');
    expect(network.layers.find(({ name }) => name === 'd')?.layer.config['useBias']).toBe(end.length > 1);
  });

  it('of one unit is refused: there are no two classes', () => {
    expect(() =>
      read(layer('Flatten', 'f'), layer('Dense', 'd', { units: 1, activation: 'sigmoid' })),
    ).toThrow('x.h5: the model ends in Dense (sigmoid) with 1 output, not in a softmax');
  });
});
