import { describe, expect, it } from 'vitest';
import { fromKeras, readKeras, toKeras } from '../../src/formats/keras_architecture.js';
import type { KerasObject } from '../../src/formats/keras_config.js';
import { MODEL_NAMES } from '../../src/nn/model_names.js';
import { buildModel } from '../../src/nn/models.js';
import { everything, hybrid, miniXception, others } from '../helpers/networks.js';
import { NESTED } from './keras_nested.js';
import * as SAMPLES from './keras_samples.js';
import { INPUT, layer, OLD, sequential } from './keras_small.js';

describe('architectures', () => {
  it.each(MODEL_NAMES)('%s comes back from Keras JSON as it was', (name) => {
    const model = buildModel(name);
    const back = fromKeras(JSON.parse(JSON.stringify(toKeras(model))), 'here');
    expect(back.summary()).toEqual(model.summary());
    expect(back.layers.map((l) => l.layer.config)).toEqual(model.layers.map((l) => l.layer.config));
  });

  it('are written as Sequential where they are a chain, as Functional where they branch', () => {
    const chain = toKeras(buildModel('fer-shallow', { filters: [4], inputShape: [12, 10, 1] }));
    const [input, ...layers] = chain.config.layers;
    expect(Object.keys(chain)).toEqual(['class_name', 'config', 'keras_version', 'backend']);
    expect([chain.class_name, chain.keras_version, chain.backend]).toEqual([
      'Sequential',
      '2.15.0',
      'tensorflow',
    ]);
    expect(Object.keys(chain.config)).toEqual(['name', 'layers']);
    expect(input).toEqual({
      class_name: 'InputLayer',
      config: {
        ...{ batch_input_shape: [null, 12, 10, 1], dtype: 'float32', sparse: false },
        name: `${chain.config.name}_input`,
      },
    });
    for (const own of layers) expect(own).not.toHaveProperty('inbound_nodes');
    const { class_name: kind, config } = toKeras(miniXception());
    expect([kind, config['trainable']]).toEqual(['Functional', true]);
    expect(config.layers.map(({ name }) => name)).toEqual(config.layers.map((own) => own.config['name']));
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
    others(),
    everything(-1),
    miniXception(),
  ])('$name, with branches, comes back as it was', (network) => {
    const back = fromKeras(JSON.parse(JSON.stringify(toKeras(network))), 'here');
    expect(back.summary()).toEqual(network.summary());
    expect(back.layers.map((l) => l.layer.config)).toEqual(network.layers.map((l) => l.layer.config));
  });

  it.each([hybrid(), hybrid(false)])('with LBP features have an input in their place: %#', (network) => {
    const json = JSON.parse(JSON.stringify(toKeras(network)));
    const kinds = json.config.layers.map((l: { class_name: string }) => l.class_name);
    expect(kinds).not.toContain('LocalBinaryPatterns');
    const inputs = network.isChain ? ['lbp'] : ['hybrid_input', 'lbp'];
    expect(json.config.input_layers).toEqual(inputs.map((name) => [name, 0, 0]));
    expect(
      json.config.layers.find((l: { name: string }) => l.name === 'lbp').config.batch_input_shape,
    ).toEqual([null, 11]);
    const back = fromKeras(json, 'here');
    expect(back.inputShape).toEqual([16, 14, 1]);
    expect(back.summary()).toEqual(network.summary());
    expect(back.layers.map((l) => l.layer.config)).toEqual(network.layers.map((l) => l.layer.config));
    expect(back.layers.map((l) => l.inputs)).toEqual(network.layers.map((l) => l.inputs));
  });

  it('with names for their input and output, as Keras 3 keeps them, are read; two outputs are not', () => {
    const json = JSON.parse(JSON.stringify(toKeras(everything())));
    const {
      input_layers: [input],
      output_layers: [output],
    } = json.config;
    Object.assign(json.config, { input_layers: { face: input }, output_layers: { emotion: output } });
    expect(fromKeras(json, 'here').summary()).toEqual(everything().summary());
    json.config.output_layers = { emotion: output, age: output };
    expect(() => fromKeras(json, 'x.h5')).toThrow('x.h5: the model has 2 outputs; only models with one');
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

  it.each(Object.entries(SAMPLES))('of %s are read alike', (_, sample) => {
    const network = fromKeras(JSON.parse(JSON.stringify(sample)), 'sample');
    expect(
      network.summary().rows.map(({ layer: name, output, from }) => [name, output.slice(1), from]),
    ).toEqual([
      ['conv2d_1', [8, 10, 4], []],
      ['batch_normalization_1', [8, 10, 4], ['conv2d_1']],
      ['activation_1', [8, 10, 4], ['batch_normalization_1']],
      ['separable_conv2d_1', [8, 10, 6], ['activation_1']],
      ['max_pooling2d_1', [4, 5, 6], ['separable_conv2d_1']],
      ['conv2d_2', [4, 5, 6], ['activation_1']],
      ['add_1', [4, 5, 6], ['max_pooling2d_1', 'conv2d_2']],
      ['global_average_pooling2d_1', [6], ['add_1']],
      ['dense_1', [5], ['global_average_pooling2d_1']],
    ]);
    expect(network.layers.map(({ layer: l }) => l.config)).toEqual(
      fromKeras(SAMPLES.KERAS_2_0, 'sample').layers.map(({ layer: l }) => l.config),
    );
  });

  it('that end in plain numbers get a softmax', () => {
    const plain = sequential([...OLD.slice(0, 5), layer('Dense', { name: 'd', units: 7 })]);
    const { network, softmaxAdded } = readKeras(plain, 'x.h5');
    expect(softmaxAdded).toBe(true);
    expect(network.layers.at(-1)).toMatchObject({ name: 'added_softmax', layer: { kind: 'Softmax' } });
    expect(readKeras(sequential(OLD), 'x.h5').softmaxAdded).toBe(false);
    expect(readKeras(toKeras(network), 'x.h5').softmaxAdded).toBe(false);
  });

  it('with models as layers become their layers, whose names begin with theirs', () => {
    const { network, parts } = readKeras(NESTED, 'x.h5');
    expect(network.summary().rows.map(({ layer: name, from }) => [name, from])).toEqual([
      ['base_a', []],
      ['base_head_n', ['base_a']],
      ['base_head_r', ['base_head_n']],
      ['base_sum', ['base_head_r', 'base_a']],
      ['g', ['base_sum']],
      ['d', ['g']],
    ]);
    expect(parts.map(({ kind, name }) => [kind, name])).toEqual([
      ['Functional', 'base'],
      ['GlobalAveragePooling2D', 'g'],
      ['Dense', 'd'],
    ]);
    const [base, ...rest] = NESTED.config.layers.slice(1) as [KerasObject, ...KerasObject[]];
    const around = (config: object) => () =>
      fromKeras(sequential([{ ...base, config: { ...base.config, ...config } }, ...rest]), 'x.h5');
    expect(
      around({
        output_layers: [
          ['a', 0, 0],
          ['sum', 0, 0],
        ],
      }),
    ).toThrow('x.h5: the model "base" in it has 2 outputs');
    const twice = (base.config['layers'] as KerasObject[]).map((l) =>
      l.config['name'] === 'head' ? { ...l, inbound_nodes: [[['a', 0, 0, {}]], [['a', 0, 0, {}]]] } : l,
    );
    expect(around({ layers: twice })).toThrow('layer "base_head" (Sequential): it is used 2 times');
    const inputs = [layer('InputLayer', { name: 'other' }), ...(base.config['layers'] as KerasObject[])];
    expect(around({ layers: inputs })).toThrow('x.h5: the model "base" in it has 2 inputs');
  });

  it('may be called with training = false, as Keras 3 writes for every dropout of a functional model', () => {
    const model = (kwargs: object) => {
      const from = (name: string) => [
        {
          args: [{ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } }],
          kwargs,
        },
      ];
      const layers = [
        layer('InputLayer', { name: 'i', batch_shape: [null, 6, 6, 1] }),
        { ...layer('Flatten', { name: 'f' }), name: 'f', inbound_nodes: from('i') },
        { ...layer('Dropout', { name: 'd', rate: 0.5 }), name: 'd', inbound_nodes: from('f') },
        {
          ...layer('Dense', { name: 'o', units: 2, activation: 'softmax' }),
          name: 'o',
          inbound_nodes: from('d'),
        },
      ];
      const config = { name: 'm', layers, input_layers: ['i', 0, 0], output_layers: ['o', 0, 0] };
      return fromKeras({ class_name: 'Functional', config }, 'x.keras');
    };
    expect(JSON.stringify(model({ training: false }))).toBe(JSON.stringify(model({})));
    expect(() => model({ training: true })).toThrow('it is called with training = true');
  });
});
