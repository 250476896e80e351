import { describe, expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { FILE_LAYERS, layerTable } from '../../src/formats/layers/all.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { readOnnx } from '../../src/formats/onnx_reading/read.js';
import { TFJS_LACKS, tfjsObjection, toTfjs } from '../../src/formats/tfjs.js';
import type { Network } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { Rng } from '../../src/util/random.js';
import { everything, miniXception, others, randomWeights } from '../helpers/networks.js';
import { readOnnx as dissect, runOnnx } from '../helpers/onnx.js';
import { referenceNetwork } from '../helpers/reference_network.js';
import { IMAGE } from './keras_reading.js';

/** What the table of docs/keras.md claims of each class of layer, one class at a time. */

const COUNT = 2;
const OPTIONS: Readonly<Record<string, object>> = {
  Conv2D: { filters: 4, kernel_size: 3, activation: 'swish', dilation_rate: 2 },
  SeparableConv2D: { filters: 4, kernel_size: 3, dilation_rate: [1, 2] },
  DepthwiseConv2D: { kernel_size: 3, dilation_rate: 2 },
  Dropout: { rate: 0.3 },
  SpatialDropout2D: { rate: 0.3 },
  Rescaling: { scale: [0.5, 2, 3], offset: -0.2 },
  Reshape: { target_shape: [4, -1, 3] },
  Permute: { dims: [3, 1, 2] },
  Cropping2D: {
    cropping: [
      [1, 0],
      [0, 2],
    ],
  },
  Activation: { activation: 'tanh' },
  PReLU: { shared_axes: [1, 2] },
};
const BRANCHED = new Set(['Add', 'Multiply', 'Concatenate']);
const layer = (kind: string, name: string, config: object = {}) => ({
  class_name: kind,
  config: { name, ...config },
});

/** A network with one layer of the class. */
function networkOf(kind: string): Network {
  const node = (one: ReturnType<typeof layer>, from: readonly string[]) => ({
    ...{ ...one, name: one.config.name },
    inbound_nodes: [from.map((name) => [name, 0, 0, {}])],
  });
  const input = layer('InputLayer', 'images', { batch_input_shape: [null, ...IMAGE] });
  const vector = kind === 'Dense';
  const flat = kind === 'Flatten' || kind.startsWith('Global');
  const nodes = [
    node(layer('Conv2D', 'before', { filters: 3, kernel_size: 1 }), ['images']),
    ...(vector ? [node(layer('Flatten', 'first'), ['before'])] : []),
    node(
      layer(kind, 'own', vector ? { units: 5 } : (OPTIONS[kind] ?? {})),
      vector ? ['first'] : BRANCHED.has(kind) ? ['before', 'images'] : ['before'],
    ),
    ...(flat || vector ? [] : [node(layer('Flatten', 'last'), ['own'])]),
    node(layer('Dense', 'end', { units: 3, activation: 'softmax' }), [flat || vector ? 'own' : 'last']),
  ];
  return fromKeras(
    {
      class_name: 'Functional',
      config: {
        name: 'one',
        layers: [{ ...input, name: 'images', inbound_nodes: [] }, ...nodes],
        input_layers: [['images', 0, 0]],
        output_layers: [['end', 0, 0]],
      },
    },
    'one.h5',
  );
}

const images = (() => {
  const rng = new Rng(7);
  return Float64Array.from({ length: COUNT * IMAGE.reduce((product, n) => product * n, 1) }, () =>
    rng.normal(),
  );
})();
function outputOf(network: Network, weights: ReadonlyMap<string, NamedArray>) {
  const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  return referenceNetwork(network, exact, images, COUNT);
}
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));

describe.each([...FILE_LAYERS.keys()])('%s', (kind) => {
  const network = networkOf(kind);
  const weights = randomWeights(network);
  const wanted = outputOf(network, weights);

  it('is written for Keras, and read again', () => {
    const back = fromKeras(JSON.parse(JSON.stringify(toKeras(network))), 'here');
    expect(back.layers.map(({ layer: { kind: own, config } }) => [own, config])).toEqual(
      network.layers.map(({ layer: { kind: own, config } }) => [own, config]),
    );
  });

  it('is written as ONNX operators that compute it', () => {
    const { data } = runOnnx(dissect(toOnnx(network, weights)), {
      ...{ dims: [COUNT, ...IMAGE], data: images },
    });
    expect(apart(wanted, data)).toBeLessThan(1e-6);
  });

  it('is written for TensorFlow.js, unless it has an option that the table leaves out', () => {
    const lacking = ['DepthwiseConv2D', 'Rescaling', 'Normalization'].includes(kind);
    expect(tfjsObjection(network) !== undefined).toBe(lacking);
    if (lacking) expect(TFJS_LACKS).toHaveProperty(kind);
    else expect(toTfjs(network, weights, {}).size).toBe(2);
  });

  it('is read from ONNX', () => {
    const again = readOnnx(toOnnx(network, weights), 'm.onnx');
    expect(apart(wanted, outputOf(again.network, again.weights))).toBeLessThan(1e-6);
  });
});

it('every class of layer has its gradients compared with central differences, in test/nn/network.test.ts', () => {
  const kinds = [everything(), others(), miniXception()].flatMap(({ layers }) =>
    layers.map(({ layer: { kind } }) => kind),
  );
  expect([...FILE_LAYERS.keys()].filter((kind) => !kinds.includes(kind))).toEqual([]);
});

it('the table of docs/keras.md has a row for each class, shared by those with the same options', () => {
  const [, , ...rows] = layerTable({ Dense: 'with a note' }).split('\n');
  const kinds = rows.flatMap((row) => row.split(' | ')[0]?.replace('| ', '').split(', ') ?? []);
  expect([...kinds].sort()).toEqual([...FILE_LAYERS.keys()].sort());
  expect(rows.filter((row) => row.includes('with a note'))).toEqual([expect.stringMatching(/^\| Dense \| /)]);
});
