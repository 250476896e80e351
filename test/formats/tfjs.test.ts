import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { toKeras } from '../../src/formats/keras_architecture.js';
import {
  Activation,
  AveragePooling2D,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  LeakyReLU,
  SeparableConv2D,
  ZeroPadding2D,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
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

describeGpu('what we write, read by TensorFlow.js', (gpu) => {
  it.each([
    buildModel('fer-shallow', { filters: [4], inputShape: [12, 12, 1] }),
    mixed,
    miniXception([24, 24, 1]),
  ])('$name gives the same probabilities', needs.tensorflowJs, async (network) => {
    const load = createRequire(PEERS);
    const [tf, layers] = [load('@tensorflow/tfjs-core'), load('@tensorflow/tfjs-layers')];
    load('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    const weights = randomWeights(network);
    const parts = network.weights.map(({ name }) => weights.get(name) as NamedArray);
    const model = await layers.loadLayersModel({
      load: async () => ({
        modelTopology: { model_config: JSON.parse(JSON.stringify(toKeras(network))) },
        weightSpecs: network.weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
        weightData: Float32Array.from(parts.flatMap(({ data }) => [...data])).buffer,
      }),
    });
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
      const theirs = network.weights.filter(({ name }) => !name.startsWith('lbp/'));
      const parts = theirs.map(({ name }) => weights.get(name) as NamedArray);
      const model = await layers.loadLayersModel({
        load: async () => ({
          modelTopology: { model_config: JSON.parse(JSON.stringify(toKeras(network))) },
          weightSpecs: theirs.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
          weightData: Float32Array.from(parts.flatMap(({ data }) => [...data])).buffer,
        }),
      });
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
