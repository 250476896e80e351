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

  it.each([
    [
      resizing({ crop_to_aspect_ratio: true }),
      'layer "s" (Resizing): crop_to_aspect_ratio = true is not supported',
    ],
    [
      layer('CenterCrop', 'c', { height: 4, width: 3 }),
      'layer "c" (CenterCrop): it cuts the edges of images off',
    ],
  ])('is refused where it cuts: %#', (own, why) => {
    expect(() => readKeras(chain(INPUT, own, ...END), 'x.h5')).toThrow(why);
  });

  it('anywhere else is refused by its class', () => {
    expect(() => readKeras(chain(INPUT, layer('ReLU', 'a'), resizing(), ...END), 'x.h5')).toThrow(
      'layer "s" (Resizing): this class of layer is not supported',
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
