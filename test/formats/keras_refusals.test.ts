import { describe, expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { ACTIVATION_NAMES } from '../../src/nn/ops/activation.js';
import { hybrid, miniXception } from '../helpers/networks.js';
import { INPUT, layer, OLD, sequential } from './keras_small.js';

describe('architectures', () => {
  it('of more layers than any program makes are refused at once', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => layer('Dropout', { name: `d${i}`, rate: 0.1 }));
    const [input, ...rest] = OLD;
    expect(() => fromKeras(sequential([input, ...many, ...rest]), 'here')).toThrow(
      /^here: a model of 200\d\d layers; expected at most 4096$/,
    );
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
    ['Normalization', { mean: [1, 'x'], variance: 1 }, 'mean = [1,"x"] is not supported; expected numbers'],
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
      '(docs/keras.md lists those that are); export the model to ONNX (docs/keras.md says how), and open that file; or, if it acts only in training, build the model',
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
});
