import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src/formats/keras_architecture.js';
import type { KerasObject } from '../../src/formats/keras_config.js';
import { LEFT_OUT } from '../../src/formats/layers/left_out.js';
import { openModel } from '../../src/train/weights.js';
import { newFolder, writeKeras2 } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const layer = (class_name: string, name: string, config: object = {}): KerasObject => ({
  class_name,
  config: { name, ...config },
});
const INPUT = layer('InputLayer', 'i', { batch_input_shape: [null, 6, 5, 1] });
const END = [layer('Flatten', 'f'), layer('Dense', 'd', { units: 3, activation: 'softmax' })];
const chain = (...layers: readonly KerasObject[]) => ({
  class_name: 'Sequential',
  config: { name: 'm', layers },
});
const namesOf = (json: unknown) => readKeras(json, 'x.h5').network.layers.map(({ name }) => name);

/** A functional model of layers with their inputs. */
const graph = (output: string, ...layers: readonly (readonly [KerasObject, ...string[]])[]) => ({
  class_name: 'Functional',
  config: {
    name: 'm',
    layers: [
      { ...INPUT, inbound_nodes: [] },
      ...layers.map(([own, ...from]) => ({ ...own, inbound_nodes: [from.map((name) => [name, 0, 0, {}])] })),
    ],
    input_layers: [['i', 0, 0]],
    output_layers: [[output, 0, 0]],
  },
});

describe('Resizing in front', () => {
  const resizing = (config: object = {}) => layer('Resizing', 's', { height: 4, width: 3, ...config });

  it('makes the network one for images of that size, before and behind a Rescaling', () => {
    const rescaling = layer('Rescaling', 'r', { scale: 1 / 255 });
    const any = layer('InputLayer', 'i', { batch_shape: [null, null, null, 3] });
    for (const layers of [
      [resizing(), rescaling],
      [rescaling, resizing()],
      [resizing({ interpolation: 'nearest' })],
    ]) {
      const { network } = readKeras(chain(any, ...layers, ...END), 'x.h5');
      expect([network.inputShape, network.layers.map(({ name }) => name)]).toEqual([
        [4, 3, 3],
        ['f', 'd'],
      ]);
    }
    const branched = graph(
      'd',
      [resizing(), 'i'],
      [END[0] as KerasObject, 's'],
      [END[1] as KerasObject, 'f'],
    );
    expect(readKeras(branched, 'x.h5').network.inputShape).toEqual([4, 3, 1]);
    const training = structuredClone(branched);
    (training.config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [
      [['i', 0, 0, { training: true }]],
    ];
    expect(readKeras(training, 'x.h5').network.inputShape).toEqual([4, 3, 1]);
    const first = resizing({ batch_input_shape: [null, 9, 9, 3] });
    expect(readKeras(chain(first, ...END), 'x.h5').network.inputShape).toEqual([4, 3, 3]);
  });

  it('may keep a proportion that is the same', () => {
    const own = resizing({ height: 12, width: 10, crop_to_aspect_ratio: true });
    expect(readKeras(chain(INPUT, own, ...END), 'x.h5').network.inputShape).toEqual([12, 10, 1]);
    const turned = chain(
      layer('InputLayer', 'i', { batch_shape: [null, 3, 8, 8] }),
      resizing({ width: 4, data_format: 'channels_first' }),
      layer('Conv2D', 'c', { filters: 2, kernel_size: 3, data_format: 'channels_first' }),
      ...END,
    );
    expect(readKeras(turned, 'x.h5').network.inputShape).toEqual([4, 4, 3]);
  });

  it('is refused where it cuts or pads', () => {
    for (const option of ['crop_to_aspect_ratio', 'pad_to_aspect_ratio'])
      expect(() => readKeras(chain(INPUT, resizing({ [option]: true }), ...END), 'x.h5')).toThrow(
        'x.h5: layer "s" (Resizing): it brings images of 6 x 5 to 4 x 3, another proportion, and cuts or pads what is too much, which is not supported; build the model in Keras for images of 4 x 3 without',
      );
  });

  it('is refused where it cuts or pads images of any size', () => {
    const any = layer('InputLayer', 'i', { batch_shape: [null, null, null, 3] });
    expect(() => readKeras(chain(any, resizing({ crop_to_aspect_ratio: true }), ...END), 'x.h5')).toThrow(
      'it brings images of any x any to 4 x 3, another proportion',
    );
  });

  it('anywhere else is refused', () => {
    expect(() => readKeras(chain(INPUT, layer('ReLU', 'a'), resizing(), ...END), 'x.h5')).toThrow(
      'layer "s" (Resizing): it is supported only directly after the input',
    );
  });
});

describe('CenterCrop', () => {
  const crop = (height: number, width: number, config: object = {}) =>
    layer('CenterCrop', 'c', { height, width, data_format: 'channels_last', ...config });
  const read = (...layers: readonly KerasObject[]) => {
    const { network, preprocess } = readKeras(chain(...layers, ...END), 'x.h5');
    const kinds = network.layers.map(({ layer: { kind, config } }) =>
      `${kind} ${config['cropping'] ?? ''}`.trim(),
    );
    return [network.inputShape, kinds.slice(0, -2), preprocess];
  };
  const rescaling = layer('Rescaling', 'r', { scale: 1 / 255 });
  const resizing = layer('Resizing', 's', { height: 9, width: 7 });

  it('cuts the same off all edges, one more below and at the right', () => {
    expect(read(INPUT, crop(3, 3))).toEqual([[6, 5, 1], ['Cropping2D 1,2,1,1'], undefined]);
    expect(read(INPUT, crop(2, 5))).toEqual([[6, 5, 1], ['Cropping2D 2,2,0,0'], undefined]);
    expect(read(INPUT, layer('ReLU', 'a'), crop(6, 2))).toEqual([
      [6, 5, 1],
      ['ReLU', 'Cropping2D 0,0,1,2'],
      undefined,
    ]);
  });

  it('takes its place in the preprocessing', () => {
    const cut = [[6, 5, 1], ['Cropping2D 1,1,0,1'], 'scale255'];
    expect(read(INPUT, crop(4, 4), rescaling)).toEqual(cut);
    expect(read(INPUT, rescaling, crop(4, 4))).toEqual(cut);
    const resized = [[9, 7, 1], ['Cropping2D 2,3,1,2'], 'scale255'];
    expect(read(INPUT, resizing, crop(4, 4), rescaling)).toEqual(resized);
    expect(read(INPUT, rescaling, resizing, crop(4, 4))).toEqual(resized);
    const twice = graph(
      'd',
      [crop(4, 4), 'i'],
      [rescaling, 'c'],
      [layer('ReLU', 'a'), 'r'],
      [layer('Add', 'b'), 'a', 'r'],
      [END[0] as KerasObject, 'b'],
      [END[1] as KerasObject, 'f'],
    );
    (twice.config.layers[1] as { inbound_nodes: unknown }).inbound_nodes = [
      [['i', 0, 0, { training: true }]],
    ];
    const { network } = readKeras(twice, 'x.h5');
    expect(network.layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['c', -1],
      ['a', 0],
      ['b', 1, 0],
      ['f', 2],
      ['d', 3],
    ]);
  });

  it('resizes smaller images of the same proportion', () => {
    expect(read(INPUT, crop(12, 10), rescaling)).toEqual([[12, 10, 1], [], 'scale255']);
    expect(read(INPUT, rescaling, crop(12, 10))).toEqual([[12, 10, 1], [], 'scale255']);
  });

  it('of anything else is refused with what to do', () => {
    expect(() => read(INPUT, crop(8, 8))).toThrow(
      'x.h5: layer "c" (CenterCrop): it brings images of 6 x 5 to 8 x 8, another proportion',
    );
    expect(() => read(INPUT, layer('ReLU', 'a'), crop(12, 10))).toThrow(
      'layer "c" (CenterCrop): it enlarges images of 6 x 5, which is supported only directly after the input',
    );
    expect(() => read(layer('InputLayer', 'i', { batch_shape: [null, null, null, 3] }), crop(4, 4))).toThrow(
      'layer "c" (CenterCrop): it crops images of any size; build the model in Keras with an input of one size (keras.Input(',
    );
  });
});

describe('Rescaling in front', () => {
  it.each([
    [{ scale: 1 / 255 }, 'scale255'],
    [{ scale: 0.003921568859368563, offset: 0.0 }, 'scale255'],
    [{ scale: 1 / 127.5, offset: -1 }, 'minus1to1'],
    [{ scale: [1 / 127.5, 1 / 127.5], offset: [-1, -1] }, 'minus1to1'],
    [{ scale: 1, offset: 0 }, 'none'],
  ])('is a preprocessing: %j', (config, name) => {
    const { network, preprocess } = readKeras(chain(INPUT, layer('Rescaling', 'r', config), ...END), 'x.h5');
    expect([network.layers.map((own) => own.name), preprocess]).toEqual([['f', 'd'], name]);
  });

  it('may have the shape of the images', () => {
    const first = layer('Rescaling', 'r', { scale: 1 / 255, batch_input_shape: [null, 7, 4, 3] });
    expect(readKeras(chain(first, ...END), 'x.h5').network.inputShape).toEqual([7, 4, 3]);
  });

  it.each([
    [{ scale: 1 / 255, offset: -1 }, 'none'],
    [{ scale: [0.01], offset: 0 }, 'none'],
    [{ scale: 2 }, undefined],
  ])('of other numbers is a layer: %j; only small factors are of pixels', (config, name) => {
    const { network, preprocess } = readKeras(chain(INPUT, layer('Rescaling', 'r', config), ...END), 'x.h5');
    expect([network.layers.map((own) => own.name), preprocess]).toEqual([['r', 'f', 'd'], name]);
  });

  it('without a factor is refused', () => {
    expect(() => readKeras(chain(INPUT, layer('Rescaling', 'r', {}), ...END), 'x.h5')).toThrow(
      'x.h5: layer "r" (Rescaling): scale = undefined is not supported; expected numbers',
    );
  });

  it('is a layer where it is not the preprocessing of all that sees the images', () => {
    const own = layer('Rescaling', 'r', { scale: 1 / 255 });
    expect(readKeras(chain(INPUT, layer('ReLU', 'a'), own, ...END), 'x.h5').preprocess).toBeUndefined();
    const twice = readKeras(
      chain(INPUT, layer('Rescaling', 'first', { scale: 1 / 255 }), own, ...END),
      'x.h5',
    );
    expect(twice.network.layers.map(({ name }) => name)).toEqual(['r', 'f', 'd']);
    expect(twice.preprocess).toBe('scale255');
    const [flat, dense] = END as [KerasObject, KerasObject];
    const around = readKeras(
      graph('d', [own, 'i'], [layer('Add', 'a'), 'i', 'r'], [flat, 'a'], [dense, 'f']),
      'x.h5',
    );
    expect(around.network.layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['r', -1],
      ['a', -1, 0],
      ['f', 1],
      ['d', 2],
    ]);
    expect(around.preprocess).toBeUndefined();
  });

  it('needs no --preprocess, and allows no other', async () => {
    const path = join(newFolder(), 'model.h5');
    const json = chain(INPUT, layer('Rescaling', 'r', { scale: 1 / 255 }), ...END);
    const { network } = readKeras(json, 'x.h5');
    await writeKeras2(path, network, randomWeights(network), { config: json });
    const classes = ['a', 'b', 'c'];
    expect((await openModel(path, { classes })).preprocess).toEqual({ name: 'scale255' });
    expect((await openModel(path, { classes, preprocess: 'scale255' })).preprocess).toEqual({
      name: 'scale255',
    });
    await expect(openModel(path, { classes, preprocess: 'minus1to1' })).rejects.toThrow(
      `${path}: it rescales pixels itself, as --preprocess scale255 does; leave out --preprocess minus1to1`,
    );
  });
});

describe('layers that do nothing in inference', () => {
  it.each([...LEFT_OUT])('%s is left out, wherever it is', (kind) => {
    const at = (name: string) => layer(kind, name, { rate: 0.2, any: 'option' });
    expect(namesOf(chain(INPUT, at('x'), ...END, at('y')))).toEqual(['f', 'd']);
    const [flat, dense] = END as [KerasObject, KerasObject];
    const branched = graph(
      'y',
      [at('x'), 'i'],
      [layer('Add', 'a'), 'x', 'i'],
      [flat, 'a'],
      [dense, 'f'],
      [at('y'), 'd'],
    );
    const { layers } = readKeras(branched, 'x.h5').network;
    expect(layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['a', -1, -1],
      ['f', 0],
      ['d', 1],
    ]);
  });

  it('may be called with training = true, as Keras 3 writes for augmentation', () => {
    const json = graph(
      'd',
      [layer('RandomFlip', 'x'), 'i'],
      [END[0] as KerasObject, 'x'],
      [END[1] as KerasObject, 'f'],
    );
    const call = JSON.stringify(json).replace('["i",0,0,{}]', '["i",0,0,{"training":true}]');
    expect(namesOf(JSON.parse(call))).toEqual(['f', 'd']);
  });

  it('may stand before Rescaling, and have random state among the weights', async () => {
    const path = join(newFolder(), 'model.h5');
    const augmentation = layer('Sequential', 's', {
      layers: [layer('RandomFlip', 'flip'), layer('RandomZoom', 'zoom')],
    });
    const json = chain(INPUT, augmentation, layer('Rescaling', 'r', { scale: 1 / 255 }), ...END);
    const { network, preprocess } = readKeras(json, 'x.h5');
    expect(preprocess).toBe('scale255');
    const weights = randomWeights(network);
    // A network with one layer more, of the name of the augmentation, stands for its random state.
    const more = readKeras(
      chain(INPUT, layer('Conv2D', 's', { filters: 1, kernel_size: 1 }), ...END),
      'x.h5',
    ).network;
    await writeKeras2(path, more, new Map([...randomWeights(more), ...weights]), { config: json });
    expect((await openModel(path, { classes: ['a', 'b', 'c'] })).weights).toEqual(weights);
  });
});
