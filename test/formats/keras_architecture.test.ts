import { describe, expect, it } from 'vitest';
import { fromKeras, readKeras, toKeras } from '../../src/formats/keras_architecture.js';
import type { KerasObject } from '../../src/formats/keras_config.js';
import { MODEL_NAMES } from '../../src/nn/model_names.js';
import { buildModel } from '../../src/nn/models.js';
import { ACTIVATION_NAMES } from '../../src/nn/ops/activation.js';
import { everything, hybrid, miniXception, others } from '../helpers/networks.js';
import { NESTED } from './keras_nested.js';
import * as SAMPLES from './keras_samples.js';

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

  it('of more layers than any program makes are refused at once', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => layer('Dropout', { name: `d${i}`, rate: 0.1 }));
    const [input, ...rest] = OLD;
    expect(() => fromKeras(sequential([input, ...many, ...rest]), 'here')).toThrow(
      /^here: a model of 200\d\d layers; expected at most 4096$/,
    );
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

  it('with inputs that nobody describes, or describes wrongly, are refused', () => {
    const json = () => JSON.parse(JSON.stringify(toKeras(hybrid())));
    const bare = json();
    delete bare.fer_tui;
    expect(() => fromKeras(bare, 'x.h5')).toThrow('x.h5: the model has 2 inputs; only models with one');
    for (const wrong of [{ bins: [236] }, { bins: [] }, { cells: '2' }, { radius: -1 }]) {
      const damaged = json();
      Object.assign(damaged.fer_tui.features.lbp, wrong);
      expect(() => fromKeras(damaged, 'x.h5')).toThrow(
        'x.h5: damaged: the features of its input "lbp" are not described',
      );
    }
    const other = json();
    other.fer_tui.features.lbp.image = [15, 14, 1];
    expect(() => fromKeras(other, 'x.h5')).toThrow('features and network see the same images');
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
    [
      { dilation_rate: [0, 2] },
      'layer "c" (Conv2D): dilation_rate = [0,2] is not supported; expected one or two',
    ],
    [{ kernel_size: [0, 2] }, 'kernel_size = [0,2] is not supported; expected one or two whole numbers'],
    [{ groups: 4 }, 'groups = 4 is not supported'],
    [
      { data_format: 'channels_first' },
      'layer "batch_normalization_7" (BatchNormalization): with these options it is not supported in a model with data_format channels_first',
    ],
    [{ activation: 'mish' }, `activation = "mish" is not supported; only ${ACTIVATION_NAMES.join(', ')}`],
    [
      { activation: layer('PReLU', { name: 'p', shared_axes: [1] }) },
      'layer "c_activation" (PReLU): shared_axes = [1]',
    ],
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
      'noise_shape = [1,1,4] is not supported; only [null,1,1,1]',
    ],
    ['ReLU', { threshold: 0.5 }, 'threshold = 0.5 is not supported; only 0, [0]'],
    ['MaxPooling2D', { pool_size: [2, 1, 1] }, 'pool_size = [2,1,1] is not supported'],
    [
      'Reshape',
      { target_shape: [2, 2] },
      'target_shape = [2,2] is not supported; only one number, or height',
    ],
    ['Permute', { dims: [1, 1, 2] }, 'dims = [1,1,2] is not supported; only the numbers 1, 2 and 3'],
    ['Rescaling', { scale: 'a' }, 'scale = "a" is not supported; expected numbers'],
    ['LayerNormalization', { axis: [1, 2] }, 'axis = [1,2] is not supported; only -1 or 3'],
    ['LayerNormalization', { rms_scaling: true }, 'rms_scaling = true is not supported; only false'],
    ['Normalization', { axis: 1 }, 'axis = 1 is not supported; only -1 or 3'],
    [
      'Normalization',
      { mean: [1, 2], variance: [2, 3, 4] },
      'variance = [2,3,4] is not supported; expected numbers from 0',
    ],
    ['Normalization', { mean: 1, variance: -2 }, 'variance = -2 is not supported; expected numbers from 0'],
    ['Normalization', { mean: 1 }, 'variance = undefined is not supported; expected numbers'],
    ['ZeroPadding2D', { padding: [[1, 2]] }, 'padding = [[1,2]] is not supported; expected rows and columns'],
    ['Softmax', { axis: 1 }, 'axis = 1 is not supported'],
    [
      'Lambda',
      {},
      'it is Python code, which is not run; if it prepares pixels, build the model in Keras without this layer, set the weights, and save it, and give --preprocess; else export the model to ONNX (docs/keras.md says how)',
    ],
    [
      'UpSampling2D',
      {},
      '(docs/keras.md lists those that are); export the model to ONNX (docs/keras.md says how), and open that file; or, if it acts in training alone, build the model',
    ],
    ['RandomCrop', {}, 'versions of Keras differ in what it does in inference'],
    [
      'LSTM',
      {},
      'layer "x" (LSTM): this class of layer is not supported (docs/keras.md lists those that are); it is for sequences, and only networks that classify single images are supported',
    ],
  ])('with %s %j are refused by name', (kind, option, message) => {
    const layers = [
      layer('Activation', { ...INPUT, activation: 'relu' }),
      layer(kind, { name: 'x', ...option }),
    ];
    expect(() => fromKeras(sequential(layers), 'x.h5')).toThrow(message);
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

  it('of other kinds, without softmax, or without an input are refused', () => {
    expect(() => fromKeras({ class_name: 'MyModel' }, 'x.h5')).toThrow('a MyModel model; only Sequential');
    expect(() => fromKeras(sequential(OLD.slice(0, 5)), 'x.h5')).toThrow(
      'x.h5: the model ends in Flatten (linear) with 576 outputs, not in a softmax',
    );
    const end = (config: object) =>
      sequential([...OLD.slice(0, 5), layer('Dense', { name: 'd', ...config })]);
    expect(() => fromKeras(end({ units: 7, activation: 'relu' }), 'x.h5')).toThrow(
      'ends in Dense (relu) with 7',
    );
    expect(() => fromKeras(end({ units: 1 }), 'x.h5')).toThrow('ends in Dense (linear) with 1 output,');
    expect(() => fromKeras(sequential([layer('Flatten')]), 'x.h5')).toThrow(
      'expected [null, height, width, channels]',
    );
    const of = (...shape: unknown[]) =>
      sequential([layer('Flatten', { batch_input_shape: [null, ...shape] })]);
    expect(() => fromKeras(of(null, null, 1), 'x.h5')).toThrow(
      'x.h5: it takes images of any size, [null,null,null,1]; build the model in Keras with an input of one',
    );
    expect(() => fromKeras(of(2304), 'x.h5')).toThrow(
      'save a model that begins with images: keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), model])',
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
      'its input, call 0 of "predictions", does not come before it',
    );
    expect(() => again([[['activation', 0, 0, { training: true }]]])).toThrow(
      'it is called with training = true',
    );
    expect(() => again([[['activation', 0, 0, { mask: false }]]])).toThrow('it is called with mask = false');
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
