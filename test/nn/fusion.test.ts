import { expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { withForced } from '../../src/gpu/tuning.js';
import type { Layer } from '../../src/nn/layer.js';
import {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  MaxPooling2D,
  Softmax,
  SpatialDropout2D,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { type GraphNode, Network, Sequential } from '../../src/nn/network.js';
import { sgd } from '../../src/nn/optimizers.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { moved, statistics } from '../../src/reference/batch_norm.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';
import { referenceNetwork } from '../helpers/reference_network.js';

const BATCH = 3;

const conv = (options: Partial<Parameters<typeof Conv2D>[0]> = {}): Layer =>
  Conv2D({ filters: 4, ...options });
const norm = (options: Parameters<typeof BatchNormalization>[0] = {}): Layer =>
  BatchNormalization({ epsilon: 0.05, momentum: 0.6, ...options });
/** A chain between images of 7 x 9 and scores. */
function chain(...layers: Layer[]): Network {
  return new Sequential('chain', [7, 9, 2], [...layers, Flatten(), Dense({ units: 3 }), Softmax()]);
}
/** The same network as a file gives it in which one layer is not to be trained. */
function frozen(network: Network, layer: string): Network {
  const json = JSON.parse(JSON.stringify(toKeras(network)));
  for (const { config } of json.config.layers) if (config.name === layer) config.trainable = false;
  return fromKeras(json, 'frozen');
}
/** A network with skip connections: a value that two layers need must be there. */
function branches(nodes: readonly GraphNode[]): Network {
  return new Network(
    'branches',
    [7, 9, 2],
    [...nodes, { layer: Flatten() }, { layer: Dense({ units: 3 }) }, { layer: Softmax() }],
  );
}

/** What is computed, and under which names: a fused block stands under its first layer's. */
const CASES: [string, Network, string[]][] = [
  [
    'a whole block',
    chain(conv(), ELU({ alpha: 0.4 }), norm(), MaxPooling2D(), Dropout({ rate: 0.3 })),
    ['conv2d', 'dense'],
  ],
  ['a block without bias', chain(conv({ useBias: false }), ELU(), norm()), ['conv2d', 'dense']],
  [
    'a block with stride and valid padding',
    chain(conv({ strides: [2, 1], padding: 'valid' }), ELU(), norm()),
    ['conv2d', 'dense'],
  ],
  ['a convolution that is an ELU too', chain(conv({ activation: 'elu' }), norm()), ['conv2d', 'dense']],
  [
    'a convolution with two ELUs',
    chain(conv({ activation: 'elu' }), ELU({ alpha: 0.4 }), norm()),
    ['conv2d', 'elu', 'dense'],
  ],
  [
    'a convolution with another activation',
    chain(conv({ activation: 'tanh' }), ELU({ alpha: 0.4 }), norm()),
    ['conv2d', 'elu', 'dense'],
  ],
  [
    'a convolution with another activation and no ELU',
    chain(conv({ activation: 'tanh' }), norm()),
    [...['conv2d', 'batch_normalization', 'dense']],
  ],
  ['no ELU at all', chain(conv(), norm()), ['conv2d', 'batch_normalization', 'dense']],
  [
    'an ELU without a normalisation',
    chain(conv(), ELU({ alpha: 0.4 }), MaxPooling2D()),
    ['conv2d', 'elu', 'max_pooling2d', 'dense'],
  ],
  ['an ELU by its name', chain(conv(), Activation({ activation: 'elu' }), norm()), ['conv2d', 'dense']],
  [
    'another activation',
    chain(conv(), Activation({ activation: 'sigmoid' }), norm()),
    ['conv2d', 'activation', 'batch_normalization', 'dense'],
  ],
  [
    'a normalisation over another axis',
    chain(conv(), ELU(), norm({ axis: 1 })),
    ['conv2d', 'elu', 'batch_normalization', 'dense'],
  ],
  [
    'a normalisation without beta',
    chain(conv(), ELU(), norm({ center: false })),
    ['conv2d', 'elu', 'batch_normalization', 'dense'],
  ],
  [
    'a normalisation without gamma',
    chain(conv(), ELU(), norm({ scale: false })),
    ['conv2d', 'elu', 'batch_normalization', 'dense'],
  ],
  [
    'a frozen normalisation',
    frozen(chain(conv(), ELU(), norm()), 'batch_normalization'),
    ['conv2d', 'elu', 'batch_normalization', 'dense'],
  ],
  [
    'channels that are not in fours',
    chain(conv({ filters: 6 }), ELU(), norm()),
    ['conv2d', 'elu', 'batch_normalization', 'dense'],
  ],
  ['a pool of 3 x 3', chain(conv(), ELU(), norm(), MaxPooling2D({ poolSize: 3 })), ['conv2d', 'dense']],
  [
    'a pool whose windows overlap',
    chain(conv(), ELU(), norm(), MaxPooling2D({ poolSize: 3, strides: 2 })),
    ['conv2d', 'max_pooling2d', 'dense'],
  ],
  [
    'a pool whose windows leave gaps',
    chain(conv(), ELU(), norm(), MaxPooling2D({ poolSize: 2, strides: 3 })),
    ['conv2d', 'max_pooling2d', 'dense'],
  ],
  [
    'a pool that pads',
    chain(conv(), ELU(), norm(), MaxPooling2D({ padding: 'same' }), Dropout({ rate: 0.3 })),
    ['conv2d', 'max_pooling2d', 'dropout', 'dense'],
  ],
  [
    'a pool of means',
    chain(conv(), ELU(), norm(), AveragePooling2D()),
    ['conv2d', 'average_pooling2d', 'dense'],
  ],
  [
    'dropout of whole images',
    chain(conv(), ELU(), norm(), Dropout({ rate: 0.3, perImage: true })),
    ['conv2d', 'dropout', 'dense'],
  ],
  ['dropout without a pool', chain(conv(), ELU(), norm(), Dropout({ rate: 0.3 })), ['conv2d', 'dense']],
  [
    'a pool behind dropout',
    chain(conv(), ELU(), norm(), Dropout({ rate: 0.3 }), MaxPooling2D()),
    ['conv2d', 'max_pooling2d', 'dense'],
  ],
  [
    'dropout of whole maps',
    chain(conv(), ELU(), norm(), MaxPooling2D(), SpatialDropout2D({ rate: 0.3 })),
    ['conv2d', 'spatial_dropout2d', 'dense'],
  ],
  [
    'a dense block',
    chain(Flatten(), Dense({ units: 8 }), ELU({ alpha: 0.4 }), norm(), Dropout({ rate: 0.3 })),
    ['dense', 'dense_1'],
  ],
  [
    'a dense block without bias',
    chain(Flatten(), Dense({ units: 8, useBias: false, activation: 'elu' }), norm()),
    ['dense', 'dense_1'],
  ],
  [
    'a dense layer with another activation',
    chain(Flatten(), Dense({ units: 8, activation: 'tanh' }), norm()),
    ['dense', 'batch_normalization', 'dense_1'],
  ],
  [
    'two blocks, the first one without a pool',
    chain(conv(), ELU({ alpha: 0.4 }), norm(), conv({ filters: 8 }), ELU(), norm(), MaxPooling2D()),
    ['conv2d', 'conv2d_1', 'dense'],
  ],
  [
    'two blocks with dropout',
    chain(
      ...[conv(), ELU(), norm(), Dropout({ rate: 0.3 })],
      ...[conv(), ELU(), norm(), Dropout({ rate: 0.3 })],
    ),
    ['conv2d', 'conv2d_1', 'dense'],
  ],
  [
    'an ELU that a skip connection needs',
    branches([
      { layer: conv() },
      { layer: ELU({ alpha: 0.4 }) },
      { layer: norm() },
      { layer: Add(), inputs: [2, 1] },
    ]),
    ['conv2d', 'elu', 'batch_normalization', 'add', 'dense'],
  ],
  [
    'a normalisation that a skip connection needs',
    branches([
      { layer: conv() },
      { layer: ELU({ alpha: 0.4 }) },
      { layer: norm() },
      { layer: MaxPooling2D() },
      { layer: MaxPooling2D(), inputs: [2] },
      { layer: Add(), inputs: [4, 3] },
    ]),
    ['conv2d', 'max_pooling2d', 'max_pooling2d_1', 'add', 'dense'],
  ],
];

/** What stands under names of layers in the forward pass of a training step. */
async function forwardScopes(learner: Learner): Promise<string[]> {
  const scopes = (await learner.commands(BATCH)).map(({ scope }) => scope);
  return [...new Set(scopes)].filter((scope) => !/\/|^loss$|^optimizer$|^$/.test(scope));
}

const f64 = ({ data }: NamedArray): Float64Array => Float64Array.from(data);

describeGpu('layers that are fused, or must not be', (gpu) => {
  const expectSameSteps = async (network: Network, scopes: string[]): Promise<void> => {
    const rng = new Rng(4);
    const images = Float32Array.from({ length: BATCH * 7 * 9 * 2 }, () => rng.normal());
    const labels = Uint32Array.of(0, 2, 1);
    const before = randomWeights(network);
    // At a rate of 1 the step is the gradient.
    const learner = new Learner(gpu(), network, { optimizer: sgd({ learningRate: 1 }) });
    learner.writeWeights(before);
    expect(await forwardScopes(learner)).toEqual(scopes);

    const exact = new Map([...before].map(([name, array]) => [name, f64(array)]));
    const p = referenceNetwork(network, exact, Float64Array.from(images), BATCH);
    expect(relativeError(await learner.predict(images), p)).toBeLessThan(1e-5);

    // The trace is made layer by layer; the step that follows is fused.
    const { layers, weightGradients } = await learner.trace(images, labels);
    const after = await learner.readWeights();
    for (const [name, gradient] of weightGradients) {
      const [was, is] = [before.get(name) as NamedArray, after.get(name) as NamedArray];
      const step = was.data.map((v, i) => v - (is.data[i] as number));
      // A bias before a normalisation has no gradient but rounding.
      const size = Math.max(1e-3, Math.sqrt(gradient.data.reduce((sum, v) => sum + v * v, 0)));
      const off = Math.sqrt(step.reduce((sum, v, i) => sum + (v - (gradient.data[i] as number)) ** 2, 0));
      expect(off / size, name).toBeLessThan(1e-3);
    }
    for (const { name, layer } of network.layers) {
      if (layer.kind !== 'BatchNormalization') continue;
      const { input } = layers.get(name) ?? {};
      if (input === undefined) throw new Error(`${name} was not seen`);
      const axis = layer.config['axis'] === -1 ? input.shape.length - 1 : Number(layer.config['axis']);
      const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
      const s = { outer: size(input.shape.slice(0, axis)), inner: size(input.shape.slice(axis + 1)) };
      const now = statistics(f64(input), { ...s, channels: input.shape[axis] ?? 1 });
      const momentum = layer.config['trainable'] === false ? 1 : 0.6;
      for (const [word, batch] of [
        ['moving_mean', now.mean],
        ['moving_variance', now.variance],
      ] as const) {
        const want = moved(f64(before.get(`${name}/${word}`) as NamedArray), batch, momentum);
        expect(relativeError(after.get(`${name}/${word}`)?.data ?? [], want), word).toBeLessThan(1e-5);
      }
    }
    await learner.dispose();
  };

  it.each(CASES)('%s', (_, network, scopes) => expectSameSteps(network, scopes));

  it('the end of a network, for a face or many; not where a layer has no bias, or the classes have an activation', async () => {
    const block = [Dense({ units: 8 }), ELU({ alpha: 0.4 }), norm(), Dropout({ rate: 0.3 })];
    const rng = new Rng(5);
    const headed = async (batch: number, ...layers: Layer[]): Promise<boolean> => {
      const network = new Sequential('head', [7, 9, 2], [Flatten(), ...layers]);
      const images = Float32Array.from({ length: batch * 7 * 9 * 2 }, () => rng.normal());
      const learner = new Learner(gpu(), network);
      const weights = randomWeights(network);
      learner.writeWeights(weights);
      const exact = new Map([...weights].map(([name, array]) => [name, f64(array)]));
      const p = referenceNetwork(network, exact, Float64Array.from(images), batch);
      expect(relativeError(await learner.predict(images), p)).toBeLessThan(1e-5);
      const evaluated = (await learner.commands(batch, 'evaluate')).map(({ kernel }) => kernel);
      expect(evaluated).toContain('softmax_cross_entropy.forward'); // an evaluation needs the loss
      const kernels = (await learner.commands(batch, 'predict')).map(({ kernel }) => kernel);
      await learner.dispose();
      return !kernels.includes('softmax_cross_entropy.forward');
    };
    const classes = Dense({ units: 3 });
    expect(await headed(1, ...block, classes, Softmax())).toBe(true);
    expect(await headed(3, ...block, classes, Softmax())).toBe(true);
    expect(await headed(1, ...block, ...block, classes, Softmax())).toBe(true);
    expect(await headed(1, ...block, classes, Activation({ activation: 'tanh' }), Softmax())).toBe(false);
    expect(await headed(1, ...block, Dense({ units: 3, activation: 'tanh' }), Softmax())).toBe(false);
    expect(await headed(1, ...block, Dense({ units: 3, useBias: false }), Softmax())).toBe(false);
  });

  it('a pool of 3 x 3 after a Winograd convolution, which can find the winners of 2 x 2 windows only', () => {
    const network = chain(conv(), conv(), ELU(), norm(), MaxPooling2D({ poolSize: 3 }));
    const scopes = ['conv2d', 'conv2d_1', 'dense'];
    return withForced(gpu(), { conv2d: 'winograd4' }, () => expectSameSteps(network, scopes));
  });
});

describeGpu('dropout', (gpu) => {
  /** What a layer of a traced step kept, 1 for each value. */
  const kept = (trace: Awaited<ReturnType<Learner['trace']>>, layer: string): Uint8Array => {
    const { input, output } = trace.layers.get(layer) ?? {};
    if (input === undefined || output === undefined) throw new Error(layer);
    return Uint8Array.from(output.data, (v, i) => {
      expect([0, 2 * (input.data[i] as number)]).toContain(v);
      return Number(v !== 0);
    });
  };

  it('drops other values in every layer, step and seed, and the same ones in a step that is run again', async () => {
    const network = new Sequential(
      'drops',
      [100],
      [Dropout({ rate: 0.5 }), Dense({ units: 100 }), Dropout({ rate: 0.5 }), Dense({ units: 3 }), Softmax()],
    );
    const rng = new Rng(1);
    const images = Float32Array.from({ length: 2 * 100 }, () => rng.normal());
    const masks = async (seed: number): Promise<Uint8Array[]> => {
      const learner = new Learner(gpu(), network, { seed });
      learner.writeWeights(randomWeights(network));
      const traces = [];
      for (let i = 0; i < 2; i++) traces.push(await learner.trace(images, Uint32Array.of(0, 1)));
      await learner.dispose();
      return traces.flatMap((trace) => [kept(trace, 'dropout'), kept(trace, 'dropout_1')]);
    };
    const all = [...(await masks(1)), ...(await masks(2))];
    for (const [i, mask] of all.entries()) {
      const share = mask.reduce((sum, v) => sum + v, 0) / mask.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(0.13);
      for (const other of all.slice(i + 1)) {
        const alike = mask.filter((v, k) => v === other[k]).length / mask.length;
        expect(Math.abs(alike - 0.5)).toBeLessThan(0.13);
      }
    }
    expect(await masks(1)).toEqual(all.slice(0, 4));
  });

  it('of whole images drops all values of some images, and none of the others', async () => {
    const network = new Sequential(
      'drops_images',
      [4, 3, 2],
      [Dropout({ rate: 0.5, perImage: true }), Flatten(), Dense({ units: 3 }), Softmax()],
    );
    const images = Float32Array.from({ length: 40 * 24 }, (_, i) => 1 + (i % 7));
    const learner = new Learner(gpu(), network, { seed: 3 });
    const mask = kept(await learner.trace(images, new Uint32Array(40)), 'dropout');
    await learner.dispose();
    const shares = Array.from({ length: 40 }, (_, n) => new Set(mask.subarray(24 * n, 24 * (n + 1))));
    expect(shares.every((values) => values.size === 1)).toBe(true);
    const count = shares.filter((values) => values.has(1)).length;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(30);
  });
});
