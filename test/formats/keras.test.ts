import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import type { KerasObject } from '../../src/formats/keras_config.js';
import { readH5 } from '../../src/formats/keras_h5.js';
import { sizeOf } from '../../src/gpu/shape.js';
import { buildModel, MODEL_NAMES } from '../../src/nn/models.js';
import type { Network } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { openModel, type SavedModel, saveH5 } from '../../src/train/weights.js';
import { everything, miniXception } from '../helpers/networks.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));

/** Numbers that are all different. */
function weightsOf(network: Network): Map<string, NamedArray> {
  let next = 0;
  return new Map(
    network.weights.map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => next++ / 1024) },
    ]),
  );
}

const layer = (class_name: string, config: Record<string, unknown> = {}): KerasObject => ({
  class_name,
  config,
});
const INPUT = { batch_input_shape: [null, 48, 48, 1] };
/** A small model as a public repository of 2018 has it: the bare list, activations inside, an input without a layer. */
const OLD = [
  layer('Conv2D', {
    ...INPUT,
    name: 'conv2d_4',
    filters: 4,
    kernel_size: [3, 3],
    strides: [2, 2],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'relu',
    use_bias: true,
    kernel_initializer: { class_name: 'VarianceScaling', config: { scale: 1.0 } },
  }),
  layer('BatchNormalization', {
    name: 'batch_normalization_7',
    axis: 3,
    momentum: 0.9,
    epsilon: 0.01,
    center: true,
    scale: true,
  }),
  layer('MaxPooling2D', { name: 'max_pooling2d_4', pool_size: [2, 2], padding: 'valid', strides: [2, 2] }),
  layer('Activation', { name: 'activation_9', activation: 'elu' }),
  layer('Flatten', { name: 'flatten_2' }),
  layer('Dense', { name: 'dense_5', units: 7, activation: 'softmax', use_bias: true }),
];
const sequential = (layers: unknown) => ({ class_name: 'Sequential', config: layers });

describe('architectures', () => {
  it.each(MODEL_NAMES)('%s comes back from Keras JSON as it was', (name) => {
    const model = buildModel(name);
    const back = fromKeras(JSON.parse(JSON.stringify(toKeras(model))), 'here');
    expect(back.summary()).toEqual(model.summary());
    expect(back.layers.map((l) => l.layer.config)).toEqual(model.layers.map((l) => l.layer.config));
  });

  it('of old files are read, with their names', () => {
    for (const config of [OLD, { name: 'sequential_1', layers: OLD }]) {
      const model = fromKeras(sequential(config), 'old.h5');
      expect(model.layers.map(({ name, layer: l }) => [name, l.kind])).toEqual([
        ['conv2d_4', 'Conv2D'],
        ['batch_normalization_7', 'BatchNormalization'],
        ['max_pooling2d_4', 'MaxPooling2D'],
        ['activation_9', 'Activation'],
        ['flatten_2', 'Flatten'],
        ['dense_5', 'Dense'],
      ]);
      expect(model.layers[0]?.layer.config).toMatchObject({ activation: 'relu', strides: 2 });
      expect(model.layers[1]?.layer.config).toMatchObject({ momentum: 0.9, epsilon: 0.01, axis: -1 });
      expect(model.layers[0]?.outputShape).toEqual([24, 24, 4]);
    }
  });

  it.each([
    everything(),
    everything(-1),
    miniXception(),
  ])('$name, with branches, comes back as it was', (network) => {
    const back = fromKeras(JSON.parse(JSON.stringify(toKeras(network))), 'here');
    expect(back.summary()).toEqual(network.summary());
    expect(back.layers.map((l) => l.layer.config)).toEqual(network.layers.map((l) => l.layer.config));
  });

  it('with a layer as an activation become two layers', () => {
    const inside = { class_name: 'LeakyReLU', config: { name: 'leaky_re_lu', alpha: 0.1 } };
    const conv = layer('Conv2D', {
      ...INPUT,
      name: 'c',
      filters: 4,
      kernel_size: [3, 3],
      activation: inside,
    });
    const model = fromKeras(sequential([conv, ...OLD.slice(1)]), 'x.h5');
    expect(model.layers.slice(0, 2).map(({ name, layer: l }) => [name, l.kind, l.config])).toEqual([
      ['c', 'Conv2D', expect.objectContaining({ activation: 'linear', padding: 'valid' })],
      ['c_activation', 'LeakyReLU', { negativeSlope: 0.1 }],
    ]);
  });

  it('that are frozen keep their weights in training', () => {
    const model = fromKeras(
      sequential([{ ...OLD[0], config: { ...OLD[0]?.config, trainable: false } }, ...OLD.slice(1)]),
      'x.h5',
    );
    expect(model.weights.map(({ trainable }) => trainable)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(fromKeras(toKeras(model), 'again').weights).toEqual(model.weights);
  });

  it.each([
    [{ dilation_rate: [2, 2] }, 'layer "c" (Conv2D): dilation_rate = [2,2] is not supported; only [1,1], 1'],
    [{ strides: [2, 1] }, 'strides = [2,1] is not supported; only the same number in both directions'],
    [{ kernel_size: [0, 2] }, 'kernel_size = [0,2] is not supported; expected one or two whole numbers'],
    [{ groups: 4 }, 'groups = 4 is not supported'],
    [{ data_format: 'channels_first' }, 'data_format = "channels_first" is not supported'],
    [
      { activation: 'swish' },
      'activation = "swish" is not supported; only linear, relu, elu, relu6, leaky_relu, sigmoid, tanh, softmax',
    ],
    [{ activation: layer('PReLU', { name: 'p' }) }, 'layer "c_activation" (PReLU)'],
    [{ use_bias: 1 }, 'use_bias = 1 is not supported; expected true or false'],
    [{ dtype: 'int8' }, 'dtype = "int8" is not supported; only floats'],
    [{ something: 1 }, 'something = 1 is not supported; it is unknown here'],
    [
      { filters: 4, kernel_size: [99, 99] },
      'layer "c" (Conv2D): conv2d: a valid window must fit into the input',
    ],
  ])('with %j are refused by name', (option, message) => {
    const conv = layer('Conv2D', { ...INPUT, name: 'c', filters: 4, kernel_size: [3, 3], ...option });
    expect(() => fromKeras(sequential([conv, ...OLD.slice(1)]), 'x.h5')).toThrow(`x.h5: `);
    expect(() => fromKeras(sequential([conv, ...OLD.slice(1)]), 'x.h5')).toThrow(message);
  });

  it.each([
    ['BatchNormalization', { renorm: true }, 'renorm = true'],
    ['BatchNormalization', { axis: 4 }, 'axis = 4 is not supported; only -1 or 1 to 3'],
    [
      'Dropout',
      { rate: 0.5, noise_shape: [1, 1, 4] },
      'noise_shape = [1,1,4] is not supported; leave it out',
    ],
    ['ReLU', { threshold: 0.5 }, 'threshold = 0.5 is not supported; only 0, [0]'],
    ['MaxPooling2D', { pool_size: [2, 1] }, 'pool_size = [2,1] is not supported'],
    ['GlobalAveragePooling2D', { keepdims: true }, 'keepdims = true is not supported; only false'],
    ['ZeroPadding2D', { padding: [[1, 2]] }, 'padding = [[1,2]] is not supported; expected rows and columns'],
    ['Softmax', { axis: 1 }, 'axis = 1 is not supported'],
    [
      'LSTM',
      {},
      'layer "x" (LSTM): name = "x" is not supported; its class is not; there are InputLayer, Conv2D,',
    ],
  ])('with %s %j are refused by name', (kind, option, message) => {
    const layers = [
      layer('Activation', { ...INPUT, activation: 'relu' }),
      layer(kind, { name: 'x', ...option }),
    ];
    expect(() => fromKeras(sequential(layers), 'x.h5')).toThrow(message);
  });

  it('of other kinds, without softmax, or without an input are refused', () => {
    expect(() => fromKeras({ class_name: 'MyModel' }, 'x.h5')).toThrow('a MyModel model; only Sequential');
    expect(() => fromKeras(sequential(OLD.slice(0, 5)), 'x.h5')).toThrow('does not end in a softmax');
    expect(() => fromKeras(sequential([layer('Flatten')]), 'x.h5')).toThrow(
      'expected [null, height, width, channels]',
    );
  });

  it('of graphs that we cannot follow are refused', () => {
    const graph = toKeras(miniXception());
    const changed = (change: object, layers = graph.config.layers) =>
      fromKeras({ ...graph, config: { ...graph.config, layers, ...change } }, 'x.h5');
    expect(() =>
      changed({
        output_layers: [
          ['add', 0, 0],
          ['add_1', 0, 0],
        ],
      }),
    ).toThrow('the model has 2 outputs');
    const [input = layer('InputLayer')] = graph.config.layers;
    expect(() => changed({}, [input, ...graph.config.layers])).toThrow('the model has 2 inputs');
    const again = (calls: unknown[]) =>
      changed(
        {},
        graph.config.layers.map((l) => (l.name === 'add' ? { ...l, inbound_nodes: calls } : l)),
      );
    const twice = [
      ['activation', 0, 0, {}],
      ['activation', 0, 0, {}],
    ];
    expect(() => again([twice, twice])).toThrow('layer "add" (Add): it is used 2 times');
    expect(() => again([[['predictions', 0, 0, {}]]])).toThrow(
      'it takes call 0 of "predictions", which is not before it',
    );
    expect(() => again([[['activation', 0, 0, { training: true }]]])).toThrow(
      'it is called with training = true',
    );
  });
});

describe('.h5 files', () => {
  const network = buildModel('fer-cnn');
  const saved: SavedModel = {
    ...{ network, classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], weights: weightsOf(network) },
    ...{ preprocess: { name: 'mean', mean: new Float32Array(48 * 48).fill(99) }, notes: { run: 'r1' } },
  };

  it('come back whole, preprocessing and classes too', async () => {
    const path = join(folder(), 'model.h5');
    await saveH5(path, saved);
    const { network: back, ...rest } = await openModel(path);
    const { network: _, ...wanted } = saved;
    expect(rest).toEqual(wanted);
    expect(back.summary()).toEqual(network.summary());
  });

  it('have the groups, attributes and kinds of text that Keras writes', async () => {
    const path = join(folder(), 'model.h5');
    await saveH5(path, saved);
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    const text = (of: h5wasm.File | h5wasm.Group, name: string) => of.attrs[name]?.value;
    expect([text(file, 'backend'), text(file, 'keras_version')]).toEqual(['tensorflow', '2.15.0']);
    expect(JSON.parse(String(text(file, 'model_config')))).toMatchObject({ class_name: 'Sequential' });
    const group = file.get('model_weights') as h5wasm.Group;
    expect(text(group, 'layer_names')).toEqual(network.layers.map(({ name }) => name));
    expect(group.attrs['layer_names']?.metadata).toMatchObject({ type: 3, vlen: false });
    const norm = group.get('batch_normalization') as h5wasm.Group;
    expect(text(norm, 'weight_names')).toEqual(
      ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((word) => `batch_normalization/${word}:0`),
    );
    const kernel = group.get('conv2d_1/conv2d_1/kernel:0') as h5wasm.Dataset;
    expect([kernel.shape, kernel.dtype]).toEqual([[3, 3, 32, 64], '<f']);
    expect(text(group.get('elu') as h5wasm.Group, 'weight_names')).toEqual([]);
    file.close();
  });

  /** Weights alone, at the root, under other names, as `model.save_weights` of another session leaves them. */
  async function weightsAlone(path: string, model: Network, broken = false): Promise<void> {
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'w');
    const names = model.layers.map((_, i) => `layer_${i}`);
    file.create_attribute('layer_names', names, [names.length], 'S16');
    model.layers.forEach(({ weights }, i) => {
      const group = file.create_group(names[i] ?? '');
      const list = weights.map(({ name }) => `old/${name.split('/')[1]}:0`);
      group.create_attribute('weight_names', list, [list.length], 'S64');
      const inner = weights.length > 0 ? group.create_group('old') : group;
      weights.forEach(({ name, shape }) => {
        const { data } = weightsOf(model).get(name) as NamedArray;
        const own = broken ? [sizeOf(shape)] : [...shape];
        inner.create_dataset({ name: `${name.split('/')[1]}:0`, data, shape: own, dtype: '<f' });
      });
    });
    file.close();
  }

  it('of weights alone need the model, and go to its layers in order', async () => {
    const dir = folder();
    const [path, json] = [join(dir, 'w.h5'), join(dir, 'model.json')];
    const model = fromKeras(sequential(OLD), 'old');
    await weightsAlone(path, model);
    writeFileSync(json, JSON.stringify(sequential(OLD)));
    await expect(openModel(path, { preprocess: 'scale255' })).rejects.toThrow('give the model too: --model');
    await expect(openModel(path, { architecture: json })).rejects.toThrow('give --preprocess');
    const opened = await openModel(path, { architecture: json, preprocess: 'minus1to1' });
    expect(opened.weights).toEqual(weightsOf(model));
    expect(opened.classes).toHaveLength(7);
    const wrong = { architecture: json, preprocess: 'none', classes: ['a', 'b'] } as const;
    await expect(openModel(path, wrong)).rejects.toThrow('knows 7 classes, there are 2 names');
  });

  it('that do not fit are refused with layer and shapes', async () => {
    const dir = folder();
    const path = join(dir, 'w.h5');
    await weightsAlone(path, fromKeras(sequential(OLD), 'old'), true);
    await expect(readH5(path, sequential(OLD))).rejects.toThrow(
      'weight "old/kernel:0" of layer "layer_0" is [36]; the model expects [3, 3, 1, 4]',
    );
    await weightsAlone(path, buildModel('fer-shallow'));
    await expect(readH5(path, toKeras(network))).rejects.toThrow(
      'weights of 5 layers; the model has 13 with weights',
    );
    writeFileSync(path, readFileSync(path).subarray(0, 4000));
    await expect(readH5(path, toKeras(network))).rejects.toThrow();
    writeFileSync(path, 'no h5');
    await expect(readH5(path)).rejects.toThrow('not an HDF5 file');
  });
});
