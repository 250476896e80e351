import { expect, it } from 'vitest';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { Conv2D, Dense, DepthwiseConv2D, Flatten, ReLU, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { relativeError } from '../../src/reference/arrays.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomBatch, randomWeights } from '../helpers/networks.js';

describeGpu('a frozen layer', (gpu) => {
  it('hands on the gradient that it would if it were not', async () => {
    const network = new Sequential(
      'layers',
      [5, 6, 2],
      [
        ...[Conv2D({ filters: 3 }), ReLU(), Conv2D({ filters: 4 }), DepthwiseConv2D()],
        ...[Flatten(), Dense({ units: 4 }), Dense({ units: 3 }), Softmax()],
      ],
    );
    const json = JSON.parse(JSON.stringify(toKeras(network)));
    const frozen = ['conv2d_1', 'depthwise_conv2d', 'dense'];
    for (const { config } of json.config.layers) if (frozen.includes(config.name)) config.trainable = false;
    const [images, labels] = randomBatch(network, 3);
    const gradients = [];
    for (const model of [network, fromKeras(json, 'frozen')]) {
      const learner = new Learner(gpu(), model);
      learner.writeWeights(randomWeights(network));
      gradients.push((await learner.trace(images, labels)).weightGradients);
      await learner.dispose();
    }
    const [free, still] = gradients;
    expect([...(still?.keys() ?? [])]).toEqual([
      ...['conv2d/kernel', 'conv2d/bias', 'dense_1/kernel', 'dense_1/bias'],
    ]);
    for (const [name, { data }] of still ?? [])
      expect(relativeError(data, free?.get(name)?.data ?? [])).toBeLessThan(1e-5);
  });
});

describeGpu('a trace', (gpu) => {
  it('holds the gradient of each output: biases have its sums', async () => {
    const network = new Sequential(
      'traced',
      [5, 4, 2],
      [Conv2D({ filters: 3 }), ReLU(), Flatten(), Dense({ units: 4 }), Dense({ units: 3 }), Softmax()],
    );
    const learner = new Learner(gpu(), network, { l2: 0 });
    learner.writeWeights(randomWeights(network));
    const [images, labels] = randomBatch(network, 3);
    const { layers, weightGradients } = await learner.trace(images, labels);
    for (const name of ['conv2d', 'dense', 'dense_1']) {
      const { output, gradient } = layers.get(name) ?? {};
      expect(gradient?.shape).toEqual(output?.shape);
      const channels = output?.shape.at(-1) ?? 1;
      const sums = new Float64Array(channels);
      gradient?.data.forEach((v, i) => {
        sums[i % channels] = (sums[i % channels] as number) + v;
      });
      expect(relativeError(weightGradients.get(`${name}/bias`)?.data ?? [], sums)).toBeLessThan(1e-5);
    }
    expect(layers.get('conv2d')?.input.data).toEqual(images);
    // Scores, whose gradient is p - y over the batch.
    const last = layers.get('dense_1');
    const want = Array.from({ length: 9 }, (_, i) => {
      const row = [0, 1, 2].map((c) => last?.output.data[3 * Math.floor(i / 3) + c] ?? 0);
      const p = Math.exp(row[i % 3] ?? 0) / row.reduce((sum, v) => sum + Math.exp(v), 0);
      return (p - Number(labels[Math.floor(i / 3)] === i % 3)) / 3;
    });
    expect(relativeError(last?.gradient?.data ?? [], want)).toBeLessThan(1e-5);
    await learner.dispose();
  });
});
