import { expect, it } from 'vitest';
import { ImageStore } from '../../src/nn/image_store.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  MaxPooling2D,
  SeparableConv2D,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { sgd } from '../../src/nn/optimizers.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';

/** Looking at a step must show what the step computes, and change nothing. */

const network = new Sequential(
  'observed',
  [6, 6, 1],
  [
    ...[Conv2D({ filters: 4, activation: 'elu' }), BatchNormalization({ momentum: 0.5 })],
    ...[MaxPooling2D(), SeparableConv2D({ filters: 3, activation: 'tanh' }), Dropout({ rate: 0.4 })],
    ...[Flatten(), Dense({ units: 3 }), Softmax()],
  ],
);

const COUNT = 4;
const bytes = Uint8Array.from({ length: COUNT * 36 }, (_, i) => new Rng(3, i).int(256));
const images = Float32Array.from(bytes, (byte) => byte / 255);
const labels = Uint32Array.of(0, 2, 1, 2);

describeGpu('an observed step', (gpu) => {
  const opened = () => {
    const learner = new Learner(gpu(), network, { optimizer: sgd({ learningRate: 0.1 }) });
    learner.writeWeights(randomWeights(network));
    return learner;
  };

  it('changes neither weights nor moving averages nor the count of steps', async () => {
    const learner = opened();
    const before = await learner.readState();
    const observation = await learner.observe(images, labels);
    observation.run();
    observation.run('forward');
    await observation.loss();
    await observation.profile();
    observation.dispose();
    expect(await learner.readState()).toEqual(before);
    await learner.dispose();
  });

  it('has the loss and the gradients of the step that follows', async () => {
    const learner = opened();
    const observation = await learner.observe(images, labels);
    observation.run();
    const before = await learner.readWeights();
    const gradients = new Map<string, Float32Array>();
    for (const [name, { grad }] of observation.weights)
      if (grad !== undefined) gradients.set(name, await gpu().read(grad));
    const loss = await observation.loss();
    await learner.train(images, labels);
    const [metrics] = await learner.metrics();
    expect(loss).toBeCloseTo(metrics?.loss as number, 5);
    const [after, given] = [await learner.readWeights(), await learner.readGradients()];
    expect([...gradients.keys()]).toEqual([...given.keys()]);
    for (const [name, gradient] of gradients) {
      const [old, now] = [before.get(name)?.data as Float32Array, after.get(name)?.data as Float32Array];
      gradient.forEach((g, i) => {
        expect(given.get(name)?.data[i]).toBeCloseTo(g, 5);
        expect(now[i]).toBeCloseTo((old[i] as number) - 0.1 * g, 5);
      });
    }
    observation.dispose();
    await learner.dispose();
  });

  it('runs again with new weights and the same dropout, up to the loss or to the end', async () => {
    const learner = opened();
    const observation = await learner.observe(images, labels);
    observation.run();
    const kernel = observation.weights.get('dense/kernel')?.grad;
    if (kernel === undefined) throw new Error('the dense layer has no gradient');
    const [loss, gradient] = [await observation.loss(), await gpu().read(kernel)];
    await learner.train(images, labels); // the next step would have other masks
    const lower = await observation.loss();
    expect(lower).toBeLessThan(loss);
    expect(await gpu().read(kernel)).toEqual(gradient);
    observation.run();
    expect(await gpu().read(kernel)).not.toEqual(gradient);
    learner.writeWeights(randomWeights(network));
    expect(await observation.loss()).toBe(loss);
    observation.dispose();
    await learner.dispose();
  });

  it('shows the gradient of the images, as central differences of the loss have it', async () => {
    const learner = opened();
    const observation = await learner.observe(images, labels);
    observation.run();
    const { grad } = observation.layers[0]?.inputs[0] as { grad: typeof observation.images };
    const gradient = await gpu().read(grad);
    const STEP = 0.001; // a larger one changes which input wins a pooling window
    for (const pixel of [7, 50, 100]) {
      const lossWith = async (change: number): Promise<number> => {
        const moved = images.slice();
        moved[pixel] = (moved[pixel] as number) + change;
        gpu().write(observation.images, moved);
        return observation.loss();
      };
      const numeric = ((await lossWith(STEP)) - (await lossWith(-STEP))) / (2 * STEP);
      expect(numeric).toBeCloseTo(gradient[pixel] as number, 3);
      expect(Math.abs(numeric)).toBeGreaterThan(0.01);
    }
    observation.dispose();
    await learner.dispose();
  });

  it('is the same for images from a store', async () => {
    const learner = opened();
    const store = new ImageStore(gpu(), bytes, { size: [6, 6], divisor: 255 });
    const draws = Array.from({ length: COUNT }, (_, i) => plainDraw(i));
    const [stored, given] = [
      await learner.observe({ store, draws }, labels),
      await learner.observe(images, labels),
    ];
    expect(await stored.loss()).toBe(await given.loss());
    const trace = await learner.trace({ store, draws }, labels);
    expect(trace.layers.get('conv2d')?.input.data).toEqual(images);
    for (const each of [stored, given, store]) each.dispose();
    await learner.dispose();
  });

  it('shows what lies between input and output', async () => {
    const learner = opened();
    const observation = await learner.observe(images, labels);
    observation.run();
    const inner = (layer: number, name: string) => {
      const value = observation.layers[layer]?.inner.get(name);
      if (value === undefined) throw new Error(`layer ${layer} has no ${name}`);
      return value;
    };
    const read = (layer: number) => gpu().read(observation.layers[layer]?.output.value as never);
    const [z, elu] = [await gpu().read(inner(0, 'z').value), await read(0)];
    z.forEach((v, i) => {
      expect(elu[i]).toBeCloseTo(v > 0 ? v : Math.expm1(v), 6);
    });
    const [mean, rstd] = [await gpu().read(inner(1, 'mean').value), await gpu().read(inner(1, 'rstd').value)];
    const channel = elu.filter((_, i) => i % 4 === 2);
    const average = channel.reduce((sum, v) => sum + v, 0) / channel.length;
    const variance = channel.reduce((sum, v) => sum + (v - average) ** 2, 0) / channel.length;
    expect(mean[2]).toBeCloseTo(average, 5);
    expect(rstd[2]).toBeCloseTo(1 / Math.sqrt(variance + 1e-3), 3);
    const [normal, pooled] = [await read(1), await read(2)];
    const argmax = (await gpu().readU32(inner(2, 'argmax').value))[0] as number;
    expect(pooled[0]).toBe(normal[(Math.floor(argmax / 2) * 6 + (argmax % 2)) * 4]);
    expect(inner(3, 'depthwise').value.shape).toEqual([COUNT, 3, 3, 4]);
    expect(inner(3, 'z').grad?.shape).toEqual([COUNT, 3, 3, 3]);
    observation.dispose();
    await learner.dispose();
  });
});
