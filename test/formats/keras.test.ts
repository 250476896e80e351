import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { fromKeras, type KerasLayer, toKeras } from '../../src/formats/keras_architecture.js';
import { readH5 } from '../../src/formats/keras_h5.js';
import { sizeOf } from '../../src/gpu/shape.js';
import { buildModel, MODEL_NAMES } from '../../src/nn/models.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import type { Sequential } from '../../src/nn/sequential.js';
import { openModel, type SavedModel, saveH5 } from '../../src/train/weights.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));

/** Numbers that are all different. */
function weightsOf(network: Sequential): Map<string, NamedArray> {
  let next = 0;
  return new Map(
    network.weights.map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => next++ / 1024) },
    ]),
  );
}

const layer = (class_name: string, config: Record<string, unknown> = {}): KerasLayer => ({
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

  it('of old files are read, with their names, and activations made layers', () => {
    for (const config of [OLD, { name: 'sequential_1', layers: OLD }]) {
      const model = fromKeras(sequential(config), 'old.h5');
      expect(model.layers.map(({ name, layer: l }) => [name, l.kind])).toEqual([
        ['conv2d_4', 'Conv2D'],
        ['conv2d_4_relu', 'ReLU'],
        ['batch_normalization_7', 'BatchNormalization'],
        ['max_pooling2d_4', 'MaxPooling2D'],
        ['activation_9', 'ELU'],
        ['flatten_2', 'Flatten'],
        ['dense_5', 'Dense'],
        ['dense_5_softmax', 'Softmax'],
      ]);
      expect(model.layers[2]?.layer.config).toMatchObject({ momentum: 0.9, epsilon: 0.01 });
      expect(model.layers[0]?.outputShape).toEqual([24, 24, 4]);
    }
  });

  it.each([
    [{ dilation_rate: [2, 2] }, 'layer "c" (Conv2D): dilation_rate = [2,2] is not supported; only [1,1], 1'],
    [
      { kernel_size: [3, 5] },
      'kernel_size = [3,5] is not supported; only the same number in both directions',
    ],
    [{ kernel_size: [2, 2] }, 'kernel_size = [2,2] is not supported; only odd sizes'],
    [{ groups: 4 }, 'groups = 4 is not supported'],
    [{ data_format: 'channels_first' }, 'data_format = "channels_first" is not supported'],
    [{ activation: 'swish' }, 'activation = "swish" is not supported; only linear, relu, elu, softmax'],
    [{ something: 1 }, 'something = 1 is not supported; it is unknown here'],
  ])('with %j are refused by name', (option, message) => {
    const conv = layer('Conv2D', { ...INPUT, name: 'c', filters: 4, kernel_size: [3, 3], ...option });
    expect(() => fromKeras(sequential([conv, ...OLD.slice(1)]), 'x.h5')).toThrow(`x.h5: `);
    expect(() => fromKeras(sequential([conv, ...OLD.slice(1)]), 'x.h5')).toThrow(message);
  });

  it('of other kinds, without softmax, or without an input are refused', () => {
    expect(() => fromKeras({ class_name: 'Functional' }, 'x.h5')).toThrow(
      'a Functional model; only Sequential',
    );
    const lstm = [OLD[0], layer('LSTM', { name: 'lstm_1' })];
    expect(() => fromKeras(sequential(lstm), 'x.h5')).toThrow('layer "lstm_1" (LSTM)');
    expect(() => fromKeras(sequential(OLD.slice(0, 5)), 'x.h5')).toThrow('does not end in a softmax');
    expect(() => fromKeras(sequential([layer('Flatten')]), 'x.h5')).toThrow(
      'expected [null, height, width, channels]',
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
  async function weightsAlone(path: string, model: Sequential, broken = false): Promise<void> {
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
