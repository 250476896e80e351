import { expect, it } from 'vitest';
import { BatchNormalization, Conv2D, Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { adam, rmsprop } from '../../src/nn/optimizers.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomBatch } from '../helpers/networks.js';

/** Weights and averages of 10 kB each. */
const network = () =>
  new Sequential(
    'wide',
    [3, 3, 2500],
    [
      ...[BatchNormalization({ momentum: 0.5 }), Conv2D({ filters: 1, kernelSize: 1 }), Flatten()],
      ...[Dense({ units: 3 }), Softmax()],
    ],
  );
/** Bytes that a device allows in one buffer: one or two of the weights. */
const MOST = 16_384;

describeGpu('weights that do not fit into one buffer', (gpu) => {
  /** A learner on a device that allows no large buffers while it is made. */
  function divided(options: LearnerOptions): Learner {
    const { pool } = gpu();
    Object.defineProperty(pool, 'largest', { configurable: true, get: () => MOST });
    try {
      return new Learner(gpu(), network(), options);
    } finally {
      Reflect.deleteProperty(pool, 'largest');
    }
  }

  it('lie in several, each with whole tensors', () => {
    const shapes = new Map(['a', 'b', 'c', 'd'].map((name, i) => [name, [1000 * (i + 1)]] as const));
    const { pool } = gpu();
    Object.defineProperty(pool, 'largest', { configurable: true, get: () => MOST });
    const { wholes, parts } = gpu().pack(shapes, 'p');
    Reflect.deleteProperty(pool, 'largest');
    expect(wholes.map(({ size }) => size)).toEqual([1024 + 2048, 3008, 4032]);
    const places = [...parts.values()].map(({ buffer, offset }) => [
      wholes.findIndex((whole) => whole.buffer === buffer),
      offset,
    ]);
    expect(places).toEqual([
      [0, 0],
      [0, 4096],
      [1, 0],
      [2, 0],
    ]);
    for (const whole of wholes) gpu().free(whole);
  });

  it.each<[string, LearnerOptions]>([
    [
      'Adam, an average, penalty, decay, clipped by value',
      { optimizer: adam({ weightDecay: 0.01 }), ema: 0.9, l2: 0.01, clipValue: 0.05 },
    ],
    ['RMSprop without a momentum, equal averages', { optimizer: rmsprop(), swa: true }],
  ])('train as in one, bit for bit: %s', async (_, options) => {
    const learners = [new Learner(gpu(), network(), options), divided(options)];
    const images = randomBatch(network(), 4, 5);
    const results = [];
    const norms: number[][] = [];
    for (const learner of learners) {
      for (let step = 0; step < 3; step++) {
        await learner.train(...randomBatch(network(), 4, step));
        await learner.measureGradient();
        if (options.swa) await learner.takeAverage([{ images: images[0], labels: images[1] }]);
      }
      const { weightGradients } = await learner.trace(...images);
      const averaged = await learner.withAverage(() => learner.predict(images[0]));
      const [state, metrics] = [await learner.readState(), await learner.metrics()];
      norms.push(metrics.slice(0, 3).map(({ gradientNorm = Number.NaN }) => gradientNorm));
      const losses = metrics.map(({ loss }) => loss);
      results.push({ averaged, state, losses, weightGradients, gradients: await learner.readGradients() });
      learner.writeState(state);
      expect((await learner.readState()).optimizer).toEqual(state.optimizer);
      await learner.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    for (const [i, norm] of norms[0]?.entries() ?? []) expect((norms[1]?.[i] ?? 0) / norm).toBeCloseTo(1, 5);
  });

  it('are clipped by the norm of all of them', async () => {
    const learner = divided({ clipNorm: 0.1 });
    await learner.train(...randomBatch(network(), 4));
    const gradients = [...(await learner.readGradients()).values()].flatMap(({ data }) => [...data]);
    expect(Math.hypot(...gradients)).toBeCloseTo(0.1, 5);
    await learner.dispose();
  });
});
