import { expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { withForced } from '../../src/gpu/tuning.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  MaxPooling2D,
  ReLU,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { Precision } from '../../src/nn/learner_options.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import { relativeError } from '../../src/reference/arrays.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';

const tiny = () =>
  new Sequential(
    'tiny',
    [8, 8, 1],
    [
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization(), MaxPooling2D(), Dropout({ rate: 0.2 })],
      ...[
        Conv2D({ filters: 8 }),
        ReLU(),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dense({ units: 3 }),
        Softmax(),
      ],
    ],
  );

function batch(count: number, seed = 1): [Float32Array, Uint32Array] {
  const rng = new Rng(seed);
  return [
    Float32Array.from({ length: count * 64 }, () => rng.normal()),
    Uint32Array.from({ length: count }, () => rng.int(3)),
  ];
}

async function trained(gpu: Gpu, steps: number, seed = 3) {
  const learner = new Learner(gpu, tiny(), { seed, l2: 1e-3, labelSmoothing: 0.1 });
  for (let i = 0; i < steps; i++) await learner.train(...batch(i % 5 === 4 ? 3 : 6, i));
  return learner;
}

/** Two convolutions between which only ELU and batch normalisation stand: the second one normalises as it loads. */
const pairs = () =>
  new Sequential(
    'pairs',
    [8, 8, 1],
    [
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization()],
      ...[Conv2D({ filters: 8 }), ELU(), BatchNormalization()],
      ...[Conv2D({ filters: 8 }), ELU(), BatchNormalization(), MaxPooling2D()],
      ...[Flatten(), Dense({ units: 3 }), Softmax()],
    ],
  );

describeGpu('the learner', (gpu) => {
  it.each(['winograd4', 'winograd6'])('trains alike where %s takes over a normalisation', async (way) => {
    const runs = [];
    for (const conv2d of ['naive', way]) {
      const losses = await withForced(gpu(), { conv2d }, async () => {
        const learner = new Learner(gpu(), pairs(), { seed: 5 });
        for (let i = 0; i < 8; i++) await learner.train(...batch(6, i));
        const kernels = (await learner.profile(...batch(6))).map(({ kernel }) => kernel);
        const applied = kernels.filter((kernel) => kernel.startsWith('elu_norm_pool.forward'));
        expect(applied).toHaveLength(conv2d === 'naive' ? 3 : 1);
        const metrics = await learner.metrics();
        await learner.dispose();
        return metrics.map(({ loss }) => loss);
      });
      runs.push(losses);
    }
    const [naive = [], winograd = []] = runs;
    naive.forEach((loss, i) => {
      expect(Math.abs((winograd[i] ?? Number.NaN) - loss) / loss).toBeLessThan(1e-4);
    });
  });

  it.each([
    'winograd4',
    'winograd6',
  ])('trains nearly alike with halves in %s, and predicts alike', async (way) => {
    const train = (precision: Precision) =>
      withForced(gpu(), { conv2d: way }, async () => {
        const learner = new Learner(gpu(), pairs(), { seed: 5, precision });
        for (let i = 0; i < 8; i++) await learner.train(...batch(6, i));
        return { learner, losses: (await learner.metrics()).map(({ loss }) => loss) };
      });
    const [whole, halves, again] = [
      await train('float32'),
      await train('mixed_float16'),
      await train('mixed_float16'),
    ];
    expect(again.losses).toEqual(halves.losses);
    expect(halves.losses).not.toEqual(whole.losses);
    whole.losses.forEach((loss, i) => {
      expect(Math.abs((halves.losses[i] ?? Number.NaN) - loss) / loss).toBeLessThan(0.02);
    });
    await withForced(gpu(), { conv2d: way }, async () => {
      const [images] = batch(6, 50);
      whole.learner.writeWeights(await halves.learner.readWeights());
      expect(await halves.learner.predict(images)).toEqual(await whole.learner.predict(images));
    });
    for (const { learner } of [whole, halves, again]) await learner.dispose();
  });

  it('gives the same losses and weights bit for bit, twice', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const learner = await trained(gpu(), 12);
      runs.push({
        losses: (await learner.metrics()).map(({ loss }) => loss),
        weights: await learner.readWeights(),
      });
      await learner.dispose();
    }
    expect(runs[0]?.losses).toHaveLength(12);
    expect(runs[1]).toEqual(runs[0]);
  });

  it('another seed gives other numbers', async () => {
    const [a, b] = [await trained(gpu(), 1, 3), await trained(gpu(), 1, 4)];
    expect((await a.metrics())[0]?.loss).not.toBe((await b.metrics())[0]?.loss);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('leaks nothing over 200 steps, and gives everything back', async () => {
    const before = gpu().pool.stats;
    const learner = await trained(gpu(), 10);
    const warm = gpu().pool.stats;
    for (let i = 0; i < 200; i++) await learner.train(...batch(6, i));
    expect((await learner.metrics()).length).toBe(210);
    expect(gpu().pool.stats).toEqual(warm);
    await learner.dispose();
    expect(gpu().pool.stats).toMatchObject({ liveBuffers: before.liveBuffers, liveBytes: before.liveBytes });
  });

  it('computes batches of all sizes in the memory of the largest', async () => {
    const learner = new Learner(gpu(), tiny());
    const live = () => gpu().pool.stats.liveBytes;
    const before = live();
    await learner.train(...batch(600));
    const first = live() - before;
    await learner.train(...batch(300));
    await learner.evaluate(...batch(300));
    expect(live() - before - first).toBeLessThan(0.25 * first);
    await learner.dispose();
    expect(live()).toBeLessThan(before);
  });

  it('a traced step changes nothing and shows every layer, gradient and kernel', async () => {
    const plain = await trained(gpu(), 4);
    const traced = await trained(gpu(), 4);
    await plain.train(...batch(6, 9));
    const trace = await traced.trace(...batch(6, 9));
    expect(await traced.readWeights()).toEqual(await plain.readWeights());
    expect(await traced.metrics()).toEqual(await plain.metrics());
    expect([...trace.layers.keys()]).toEqual(tiny().layers.map(({ name }) => name));
    expect(trace.layers.get('conv2d_1')?.output.shape).toEqual([6, 4, 4, 8]);
    expect(trace.layers.get('conv2d_1')?.gradient?.shape).toEqual([6, 4, 4, 8]);
    expect(trace.layers.get('elu')?.input.data).toEqual(trace.layers.get('conv2d')?.output.data);
    expect([...trace.weightGradients.keys()]).toContain('batch_normalization/gamma');
    expect(
      trace.kernels.some(({ kernel, scope }) => kernel === 'elu.backward' && scope === 'elu/backward'),
    ).toBe(true);
    await Promise.all([plain.dispose(), traced.dispose()]);
  });

  it("names each dispatch after its layer and pass, and does not compute the images' gradient", async () => {
    const network = new Sequential(
      'two convolutions',
      [8, 8, 1],
      [
        ...[Conv2D({ filters: 4, activation: 'linear' }), MaxPooling2D(), Conv2D({ filters: 4 })],
        ...[Flatten(), Dense({ units: 3 }), Softmax()],
      ],
    );
    const learner = new Learner(gpu(), network);
    const commands = await learner.commands(4);
    const passes = [...new Set(commands.map(({ scope }) => scope))];
    const backward = ['dense', 'conv2d_1', 'max_pooling2d', 'conv2d'].map((layer) => `${layer}/backward`);
    expect(passes.filter((scope) => scope.endsWith('/backward'))).toEqual(backward);
    const gradients = (layer: string) =>
      commands.filter(
        ({ scope, kernel }) => scope === `${layer}/backward` && /input|product_transposed/.test(kernel),
      );
    expect(gradients('conv2d')).toEqual([]);
    expect(gradients('conv2d_1')).not.toEqual([]);
    await learner.dispose();
  });

  it('evaluates with moving averages and without dropout: the same answer every time', async () => {
    const learner = await trained(gpu(), 6);
    const [images, labels] = batch(7, 50);
    const results = [];
    for (let i = 0; i < 2; i++) {
      for (let batches = 0; batches < 2; batches++) await learner.evaluate(images, labels);
      results.push(await learner.evaluationMetrics());
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]?.batches.map(({ step, count }) => [step, count])).toEqual([
      [1, 7],
      [2, 7],
    ]);
    expect(results[0]?.confusion.flat().reduce((a, b) => a + b)).toBe(14);
    const probabilities = await learner.predict(images);
    expect(probabilities).toHaveLength(21);
    expect(probabilities.subarray(0, 3).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    await learner.dispose();
  });

  it('says the same of one face as of the same face among many, whose weights are not packed', async () => {
    const learner = new Learner(gpu(), buildModel('fer-cnn', { filters: [8, 12, 16, 20], dense: [16, 12] }));
    const rng = new Rng(12);
    const many = Float32Array.from({ length: 40 * 48 * 48 }, () => rng.normal());
    const one = many.subarray(0, 48 * 48);
    const weights = await learner.readWeights();
    for (const scale of [1, 1.5]) {
      for (const { data } of weights.values()) data.set(data.map((v) => v * scale));
      learner.writeWeights(weights);
      const alone = await learner.predict(one);
      const among = (await learner.predict(many)).subarray(0, 7);
      expect(Math.abs((alone[0] as number) - 1 / 7)).toBeGreaterThan(1e-4); // not a guess
      expect(relativeError(alone, among)).toBeLessThan(1e-5);
    }
    await learner.dispose();
  });

  it('takes back the weights it gave, and refuses others', async () => {
    const [a, b] = [await trained(gpu(), 3), new Learner(gpu(), tiny(), { seed: 9 })];
    const weights = await a.readWeights();
    b.writeWeights(weights);
    expect(await b.readWeights()).toEqual(weights);
    weights.delete('conv2d/bias');
    expect(() => b.writeWeights(weights)).toThrow('tiny: weight conv2d/bias; expected [4], got nothing');
    await expect(b.train(new Float32Array(5), new Uint32Array(1))).rejects.toThrow('one label per image');
    await Promise.all([a.dispose(), b.dispose()]);
  });
});
