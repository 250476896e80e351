import { describe, expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import type { Gpu } from '../../src/gpu/device.js';
import {
  Activation,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Flatten,
  ReLU,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { type GraphNode, Network, Sequential } from '../../src/nn/network.js';
import { ACTIVATION_NAMES } from '../../src/nn/ops/activation.js';
import type { NamedArrays } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { everything, miniXception, others, randomWeights } from '../helpers/networks.js';
import { referenceNetwork } from '../helpers/reference_network.js';

const node = (layer: GraphNode['layer'], inputs?: number[], name?: string): GraphNode => ({
  layer,
  inputs,
  name,
});

describe('a network', () => {
  it('says of every layer what goes in', () => {
    const { rows } = miniXception().summary();
    expect(rows.slice(2, 6).map(({ layer, from }) => [layer, from])).toEqual([
      ['activation', ['batch_normalization']],
      ['conv2d_1', ['activation']],
      ['batch_normalization_1', ['conv2d_1']],
      ['separable_conv2d', ['activation']],
    ]);
    expect(rows.find(({ layer }) => layer === 'add')?.from).toEqual([
      'max_pooling2d',
      'batch_normalization_1',
    ]);
    expect(rows[0]?.from).toEqual([]);
  });

  it('knows whether it is a stack', () => {
    expect(miniXception().isChain).toBe(false);
    expect(new Sequential('s', [4, 4, 1], [Flatten(), Dense({ units: 2 }), Softmax()]).isChain).toBe(true);
  });

  it.each([
    [
      [node(Conv2D({ filters: 2 })), node(Add(), [0])],
      'Add: it sums several inputs; expected two inputs or more',
    ],
    [
      [node(Conv2D({ filters: 2 })), node(Add(), [0, -1])],
      'Add: all inputs have the shape [4, 4, 2]; expected [4, 4, 2], got [4, 4, 1]',
    ],
    [[node(ReLU(), [1]), node(ReLU())], 'layer re_lu uses only layers before it'],
    [
      [node(ReLU()), node(ReLU(), [-1])],
      'the output of re_lu is used; expected a layer that uses it, got none',
    ],
    [[node(ReLU(), [-1], 'a'), node(ReLU(), [0], 'a')], 'layer names are unique'],
  ])('that does not fit together is refused: %#', (nodes, message) => {
    expect(() => new Network('m', [4, 4, 1], nodes)).toThrow(message);
  });
});

/** Inputs and labels of a small batch. */
function batch(network: Network, count: number): { images: Float32Array; labels: Uint32Array } {
  const rng = new Rng(3);
  const size = network.inputShape.reduce((a, b) => a * b, 1);
  return {
    images: Float32Array.from({ length: count * size }, () => rng.normal()),
    labels: Uint32Array.from({ length: count }, () => rng.int(network.outputShape[0] ?? 1)),
  };
}

const exact = (weights: NamedArrays) =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

/** Fails where the gradients of a network's weights differ from central differences of its loss in float64. */
async function expectGradients(gpu: Gpu, network: Network): Promise<void> {
  const weights = randomWeights(network);
  const { images, labels } = batch(network, 3);
  const learner = new Learner(gpu, network);
  learner.writeWeights(weights);
  const { weightGradients } = await learner.trace(images, labels);
  await learner.dispose();
  const w = exact(weights);
  const x = Float64Array.from(images);
  const classes = network.outputShape[0] ?? 1;
  const loss = (): number => {
    const p = referenceNetwork(network, w, x, 3, true);
    return labels.reduce((sum, label, n) => sum - Math.log(p[n * classes + label] as number), 0) / 3;
  };
  expect(weightGradients.size).toBe(network.weights.filter(({ trainable }) => trainable).length);
  for (const [name, { data }] of weightGradients) {
    const values = w.get(name) as Float64Array;
    // A few elements of each weight: every one costs two passes through the network.
    const at = Array.from(
      { length: Math.min(3, data.length) },
      (_, k) => Math.floor((k * data.length) / 3) % data.length,
    );
    const numeric = at.map((i) => {
      const v = values[i] as number;
      values[i] = v + 1e-6;
      const above = loss();
      values[i] = v - 1e-6;
      const below = loss();
      values[i] = v;
      return (above - below) / 2e-6;
    });
    const off = Math.max(...at.map((i, k) => Math.abs((data[i] as number) - (numeric[k] as number))));
    const size = Math.max(1e-3, ...numeric.map(Math.abs));
    expect(off / size, `${name}: ${at.map((i) => data[i])}, numeric ${numeric}`).toBeLessThan(2e-3);
  }
}

/** The Add of layer 3 gives both its inputs one gradient. That of layer 2 comes to layer 0 while layer 1 still waits for it. */
function forked(): Network {
  return new Network(
    'forked',
    [5, 4, 2],
    [
      node(Conv2D({ filters: 3 })),
      node(Conv2D({ filters: 3, activation: 'tanh' }), [-1]),
      node(Activation({ activation: 'tanh' }), [0]),
      node(Add(), [0, 1]),
      node(Add(), [3, 2]),
      ...[node(Flatten()), node(Dense({ units: 3 })), node(Softmax())],
    ],
  );
}

describeGpu('networks with branches', (gpu) => {
  it.each([
    everything(),
    others(),
    miniXception([20, 17, 1]),
  ])('$name predicts what float64 says', async (network) => {
    const weights = randomWeights(network);
    const { images } = batch(network, 3);
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const got = await learner.predict(images);
    expect(
      relativeError(got, referenceNetwork(network, exact(weights), Float64Array.from(images), 3)),
    ).toBeLessThan(1e-4);
    await learner.dispose();
  });

  it.each([
    everything(),
    others(),
    miniXception([12, 9, 1], [4]),
    forked(),
  ])('gradients of $name agree with central differences of the whole network', (network) =>
    expectGradients(gpu(), network));

  it.each(ACTIVATION_NAMES)('%s gives its gradient back from what it keeps', (activation) => {
    const layers = [Conv2D({ filters: 3 }), Activation({ activation }), Flatten()];
    const end = [Dense({ units: 4, activation }), Dense({ units: 3 }), Softmax()];
    return expectGradients(gpu(), new Sequential('active', [5, 4, 2], [...layers, ...end]));
  });

  it('the fused steps of a network with branches do what its layers do one by one', async () => {
    const network = miniXception([16, 16, 1], [4]);
    const { images, labels } = batch(network, 4);
    const [plain, traced] = [new Learner(gpu(), network), new Learner(gpu(), network)];
    await plain.train(images, labels);
    const { layers } = await traced.trace(images, labels);
    expect(await traced.readWeights()).toEqual(await plain.readWeights());
    expect([...layers.keys()]).toEqual(network.layers.map(({ name }) => name));
    await Promise.all([plain.dispose(), traced.dispose()]);
  });

  it('frozen layers keep their weights and moving averages, and pass gradients on', async () => {
    const json = JSON.parse(JSON.stringify(toKeras(miniXception([12, 9, 1], [4]))));
    const frozen = ['conv2d_1', 'batch_normalization_1', 'separable_conv2d_1', 'batch_normalization_2'];
    for (const { name, config } of json.config.layers) if (frozen.includes(name)) config.trainable = false;
    const network = fromKeras(json, 'frozen');
    const learner = new Learner(gpu(), network);
    const { images, labels } = batch(network, 4);
    const before = await learner.readWeights();
    for (let i = 0; i < 2; i++) await learner.train(images, labels);
    const after = await learner.readWeights();
    for (const [name, { data }] of after) {
      const same = data.every((v, i) => v === before.get(name)?.data[i]);
      expect(same, name).toBe(frozen.includes(name.split('/')[0] ?? ''));
    }
    await learner.dispose();
  });

  it('a chain inside of a branching network is fused', async () => {
    const nodes = [
      node(Conv2D({ filters: 4 })),
      node(Conv2D({ filters: 4, activation: 'elu' })),
      node(BatchNormalization()),
      node(Add(), [2, 0]),
      node(Flatten()),
      node(Dense({ units: 3 })),
      node(Activation({ activation: 'softmax' })),
    ];
    const network = new Network('fused', [8, 8, 1], nodes);
    const weights = randomWeights(network);
    const { images, labels } = batch(network, 4);
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const got = await learner.predict(images);
    expect(
      relativeError(got, referenceNetwork(network, exact(weights), Float64Array.from(images), 4)),
    ).toBeLessThan(1e-4);
    const kernels = (await learner.profile(images, labels)).map(({ kernel }) => kernel);
    expect(kernels).toContain('elu_norm_pool.forward');
    expect(kernels).not.toContain('batch_norm.normalize_values');
    await learner.dispose();
  });
});
