import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { keptBy } from '../../src/formats/export_losses.js';
import { TFJS_LACKS, TFJS_MODEL, tfjsObjection, toTfjs } from '../../src/formats/tfjs.js';
import { frozen, type Layer } from '../../src/nn/layer.js';
import {
  Activation,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  LayerNormalization,
  LeakyReLU,
  MaxPooling2D,
  Normalization,
  Permute,
  PReLU,
  ReLU,
  Rescaling,
  Reshape,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  ZeroPadding2D,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import { RunError } from '../../src/util/errors.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { needs, PEERS } from '../helpers/needs.js';
import { hybrid, miniXception, randomWeights } from '../helpers/networks.js';

/**
 * TensorFlow.js reads the architectures that Keras 2 writes: somebody else's reader of what we write. It is no dependency;
 * `npm run bench:peers` fetches it. The full tests require it.
 */
const mixed = new Sequential(
  'mixed',
  [12, 10, 3],
  [
    ...[
      ZeroPadding2D({ padding: [1, 0, 2, 1] }),
      Conv2D({ filters: 4, kernelSize: [3, 5], padding: 'valid' }),
    ],
    ...[LeakyReLU({ negativeSlope: 0.1 }), Dropout({ rate: 0.3 }), DepthwiseConv2D({ depthMultiplier: 2 })],
    ...[Activation({ activation: 'relu6' }), AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' })],
    ...[SeparableConv2D({ filters: 6, depthMultiplier: 2, strides: 2, activation: 'tanh' }), Flatten()],
    ...[
      Dense({ units: 8, useBias: false, activation: 'sigmoid' }),
      Dense({ units: 7, activation: 'softmax' }),
    ],
  ],
);

/** Files as TensorFlow.js takes them from where it has loaded them. */
function loaded(files: ReadonlyMap<string, Uint8Array>) {
  const { modelTopology, weightsManifest } = JSON.parse(Buffer.from(files.get(TFJS_MODEL) ?? []).toString());
  const [{ paths, weights: weightSpecs }] = weightsManifest;
  const data = Buffer.concat(paths.map((path: string) => files.get(path)));
  return { modelTopology, weightSpecs, weightData: Uint8Array.from(data).buffer };
}

/** The layers that `mixed` does not have. */
const further = new Sequential(
  'further',
  [12, 10, 3],
  [
    ...[Rescaling({ scale: 0.5, offset: 0.1 }), Conv2D({ filters: 4, dilationRate: 2, activation: 'silu' })],
    ...[Conv2D({ filters: 4, strides: [1, 2] }), DepthwiseConv2D({ strides: [2, 1] })],
    ...[SeparableConv2D({ filters: 4, dilationRate: 2 }), PReLU({ shared: true }), LayerNormalization()],
    ...[
      SpatialDropout2D({ rate: 0.2 }),
      MaxPooling2D({ poolSize: [2, 3], strides: [1, 2] }),
      Permute({ dims: [2, 1, 3] }),
    ],
    ...[GlobalMaxPooling2D(), Dense({ units: 6, activation: 'gelu' }), Reshape({ targetShape: [1, 2, 3] })],
    ...[Flatten(), Dense({ units: 7, activation: 'selu' }), ReLU({ maxValue: 6 }), Softmax()],
  ],
);

describeGpu('what we write, read by TensorFlow.js', (gpu) => {
  it.each([
    buildModel('fer-shallow', { filters: [4], inputShape: [12, 12, 1] }),
    mixed,
    further,
    miniXception([24, 24, 1]),
  ])('$name gives the same probabilities', needs.tensorflowJs, async (network) => {
    const load = createRequire(PEERS);
    const [tf, layers] = [load('@tensorflow/tfjs-core'), load('@tensorflow/tfjs-layers')];
    load('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    const weights = randomWeights(network);
    const model = await layers.loadLayersModel({ load: async () => loaded(toTfjs(network, weights, {})) });
    const rng = new Rng(2);
    const size = network.inputShape.reduce((a, b) => a * b, 1);
    const images = Float32Array.from({ length: 4 * size }, () => rng.normal());
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const ours = await learner.predict(images);
    await learner.dispose();
    const theirs = model.predict(tf.tensor(images, [4, ...network.inputShape])).dataSync();
    expect(theirs).toHaveLength(28);
    expect(Math.max(...ours.map((p, i) => Math.abs(p - theirs[i])))).toBeLessThan(1e-5);
  });

  it.each([hybrid(), hybrid(false)])(
    'with LBP features takes them as an input: %#',
    needs.tensorflowJs,
    async (network) => {
      const load = createRequire(PEERS);
      const [tf, layers] = [load('@tensorflow/tfjs-core'), load('@tensorflow/tfjs-layers')];
      load('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      const weights = randomWeights(network);
      const size = 16 * 14;
      weights.set('lbp/pixel_mean', { shape: [16, 14], data: new Float32Array(size) });
      weights.set('lbp/pixel_scale', { shape: [1], data: Float32Array.of(255) });
      const model = await layers.loadLayersModel({ load: async () => loaded(toTfjs(network, weights, {})) });
      const rng = new Rng(2);
      const images = Float32Array.from({ length: 4 * size }, () => rng.int(256) / 255);
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weights);
      const ours = await learner.predict(images);
      const probe = await learner.probe({ batch: 4 });
      probe.forward(images);
      const { data } = await probe.output('lbp');
      probe.dispose();
      await learner.dispose();
      const lbp = tf.tensor(data, [4, 11]);
      const given = network.isChain ? lbp : [tf.tensor(images, [4, ...network.inputShape]), lbp];
      const answer = model.predict(given).dataSync();
      expect(Math.max(...ours.map((p, i) => Math.abs(p - answer[i])))).toBeLessThan(1e-5);
    },
  );
});

describe('a model for TensorFlow.js', () => {
  const plain = [Flatten(), Dense({ units: 2, activation: 'softmax' })];
  const of = (...layers: readonly Layer[]) => new Sequential('m', [6, 6, 4], [...layers, ...plain]);

  it('lists its weights by name, shape and type', () => {
    const { weightSpecs } = loaded(toTfjs(of(), randomWeights(of()), {}));
    expect(weightSpecs).toEqual([
      { name: 'dense/kernel', shape: [144, 2], dtype: 'float32' },
      { name: 'dense/bias', shape: [2], dtype: 'float32' },
    ]);
  });

  it('has its weights in files of 4 MiB, in the order of the list', () => {
    const network = new Sequential('m', [40, 40, 1], [Flatten(), Dense({ units: 700 }), Dense({ units: 2 })]);
    const weights = randomWeights(network);
    const files = toTfjs(network, weights, { classes: ['a', 'b'] });
    expect([...files].map(([name, { length }]) => [name, length])).toEqual([
      ['group1-shard1of2.bin', 4_194_304],
      ['group1-shard2of2.bin', 4 * (1600 * 700 + 700 + 700 * 2 + 2) - 4_194_304],
      ['model.json', expect.any(Number)],
    ]);
    const json = JSON.parse(Buffer.from(files.get('model.json') ?? []).toString());
    expect(json).toMatchObject({ format: 'layers-model', userDefinedMetadata: { classes: ['a', 'b'] } });
    const { weightData } = loaded(files);
    expect(new Float32Array(weightData).subarray(0, 3)).toEqual(
      weights.get('dense/kernel')?.data.subarray(0, 3),
    );
  });

  const LACKING: readonly (readonly [Layer, string])[] = [
    [DepthwiseConv2D({ dilationRate: 2 }), '(DepthwiseConv2D): TensorFlow.js ignores its dilation_rate'],
    [Normalization(), '(Normalization): TensorFlow.js has no such layer'],
    [Activation({ activation: 'leaky_relu' }), '(Activation): TensorFlow.js has no activation leaky_relu'],
    [Dense({ units: 3, activation: 'log_sigmoid' }), '(Dense): TensorFlow.js has no activation log_sigmoid'],
    [Conv2D({ filters: 4, groups: 2 }), '(Conv2D): TensorFlow.js has no groups of channels'],
    [ReLU({ negativeSlope: 0.1 }), '(ReLU): TensorFlow.js has no negative_slope there; use LeakyReLU'],
    [
      GlobalAveragePooling2D({ keepdims: true }),
      '(GlobalAveragePooling2D): TensorFlow.js has no keepdims there',
    ],
    [GlobalMaxPooling2D({ keepdims: true }), '(GlobalMaxPooling2D): TensorFlow.js has no keepdims there'],
    [Rescaling({ scale: [1, 2, 3, 4] }), '(Rescaling): TensorFlow.js rescales all channels alike'],
  ];

  it.each(LACKING)('is refused where a layer has what TensorFlow.js lacks: %#', (layer, why) => {
    const network = layer.kind === 'Dense' ? of(Flatten(), layer) : of(layer);
    expect(tfjsObjection(network)).toContain(why);
    expect(() => toTfjs(network, randomWeights(network), {})).toThrow(RunError);
    expect(keptBy('tfjs', network).objection).toContain(why);
    expect(keptBy('safetensors', network)).toEqual({ objection: undefined, lost: [] });
  });

  it('lacks what docs/keras.md says of the classes of layers', () => {
    const refused = LACKING.map(([{ kind }]) => kind).filter((kind) => kind !== 'Dense'); // its activation
    expect(new Set([...refused, 'SpatialDropout2D'])).toEqual(new Set(Object.keys(TFJS_LACKS)));
  });

  it('and others say what they do not keep', () => {
    const network = of(
      SpatialDropout2D({ rate: 0.2 }),
      Dropout({ rate: 0.1 }),
      frozen(Conv2D({ filters: 4 })),
    );
    expect(keptBy('h5', network).lost).toEqual([]);
    expect(keptBy('onnx', network).lost).toEqual([
      '2 dropout layers, which act only in training',
      'the note that 1 frozen layer is not to be trained',
    ]);
    expect(keptBy('tfjs', network).lost).toEqual([
      '1 SpatialDropout2D layer: written as Dropout, which differs only in training',
    ]);
    const turned = of(BatchNormalization({ axis: 1 }));
    expect(keptBy('onnx', turned).objection).toBe(
      'layer "batch_normalization" (BatchNormalization): only that of the last axis is written',
    );
  });
});
