import { expect, it } from 'vitest';
import { withForced } from '../../src/gpu/tuning.js';
import { type Layer, noWeights, sameShape } from '../../src/nn/layer.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  ELU,
  Flatten,
  SeparableConv2D,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { adam, sgd } from '../../src/nn/optimizers.js';
import type { NamedArrays } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomBatch, randomWeights } from '../helpers/networks.js';
import { referenceNetwork } from '../helpers/reference_network.js';

/** What becomes of a learner between steps: weights that change, state that is kept, numbers that are fetched. */

/** What follows from weights alone is prepared: a block's normalisation, and under Winograd the kernel's points. */
const blocks = () =>
  new Sequential(
    'blocks',
    [6, 6, 2],
    [
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization({ momentum: 0.5 }), Dropout({ rate: 0.3 })],
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization({ momentum: 0.5 })],
      ...[Flatten(), Dense({ units: 3 }), Softmax()],
    ],
  );
const dense = () =>
  new Sequential(
    'dense',
    [4],
    [Dense({ units: 5 }), ELU(), Dropout({ rate: 0.2 }), Dense({ units: 3 }), Softmax()],
  );

const exactly = (weights: NamedArrays) =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

async function expectPrediction(learner: Learner, network: Sequential, images: Float32Array) {
  const weights = exactly(await learner.readWeights());
  const count = images.length / network.inputShape.reduce((a, b) => a * b, 1);
  const want = referenceNetwork(network, weights, Float64Array.from(images), count);
  expect(relativeError(await learner.predict(images), want)).toBeLessThan(1e-4);
}

describeGpu('a prediction is one by the weights as they are', (gpu) => {
  it.each(['naive', 'winograd4'])('after everything that changes them, %s', async (conv2d) => {
    await withForced(gpu(), { conv2d }, async () => {
      const network = blocks();
      const options = { seed: 2, swa: true, optimizer: adam({ learningRate: 0.05 }) };
      const learner = new Learner(gpu(), network, options);
      const [images, labels] = randomBatch(network, 4);
      await expectPrediction(learner, network, images);
      learner.writeWeights(randomWeights(network));
      await expectPrediction(learner, network, images);
      const kept = await learner.readState();
      for (let i = 0; i < 3; i++) {
        await learner.train(images, labels);
        await expectPrediction(learner, network, images);
      }
      await learner.trace(images, labels);
      await expectPrediction(learner, network, images);
      await learner.takeAverage([{ images, labels }]);
      await expectPrediction(learner, network, images);
      await learner.train(images, labels);
      await learner.withAverage(() => expectPrediction(learner, network, images));
      await expectPrediction(learner, network, images);
      await learner.profile(images, labels);
      await expectPrediction(learner, network, images);
      learner.writeState(kept);
      await expectPrediction(learner, network, images);
      await learner.dispose();
    });
  });

  it('and so is an evaluation, of even weights, without smoothing, penalty included', async () => {
    const network = blocks();
    const options = { l1: 0.01, l2: 0.02, classWeights: [1, 5, 9], labelSmoothing: 0.3 };
    const learner = new Learner(gpu(), network, options);
    learner.writeWeights(randomWeights(network));
    const sizes = [5, 2];
    const given = sizes.map((count, i) => randomBatch(network, count, i));
    for (const [images, labels] of given) await learner.evaluate(images, labels);
    const { batches, confusion } = await learner.evaluationMetrics();
    const weights = exactly(randomWeights(network));
    let penalty = 0;
    for (const [name, w] of weights)
      if (/kernel$/.test(name)) for (const v of w) penalty += 0.01 * Math.abs(v) + 0.02 * v * v;
    const counts = [0, 1, 2].map(() => [0, 0, 0]);
    given.forEach(([images, labels], i) => {
      const p = referenceNetwork(network, weights, Float64Array.from(images), labels.length);
      let [loss, correct] = [0, 0];
      labels.forEach((label, n) => {
        const row = [...p.slice(3 * n, 3 * n + 3)];
        const first = row.indexOf(Math.max(...row));
        loss -= Math.log(row[label] as number) / labels.length;
        correct += Number(first === label);
        (counts[label] as number[])[first] = (counts[label]?.[first] as number) + 1;
      });
      const got = batches[i];
      expect(got).toMatchObject({ step: i + 1, correct, count: sizes[i] });
      expect(Math.abs((got?.penalty ?? 0) - penalty) / penalty).toBeLessThan(1e-5);
      expect(Math.abs((got?.loss ?? 0) - loss - penalty)).toBeLessThan(1e-4);
    });
    expect(confusion).toEqual(counts);
    expect(await learner.evaluationMetrics()).toEqual({
      batches: [],
      confusion: [0, 1, 2].map(() => [0, 0, 0]),
    });
    await learner.dispose();
  });
});

describeGpu('a learner', (gpu) => {
  it('begins with the weights that the layers ask for, no two of them alike', async () => {
    const network = new Sequential(
      'start',
      [6],
      [Dense({ units: 6 }), BatchNormalization(), Dense({ units: 6 }), Dense({ units: 3 }), Softmax()],
    );
    const learners = [undefined, 7, 8].map(
      (seed) => new Learner(gpu(), network, seed === undefined ? {} : { seed }),
    );
    const [plain, seven, eight] = await Promise.all(learners.map((learner) => learner.readWeights()));
    expect(seven).toEqual(plain);
    expect(eight?.get('dense/kernel')).not.toEqual(plain?.get('dense/kernel'));
    expect(plain?.get('dense_1/kernel')).not.toEqual(plain?.get('dense/kernel'));
    const values = (name: string) => [...new Set(plain?.get(`batch_normalization/${name}`)?.data)];
    expect(['gamma', 'beta', 'moving_mean', 'moving_variance'].map(values)).toEqual([[1], [0], [0], [1]]);
    expect([...new Set(plain?.get('dense/bias')?.data)]).toEqual([0]);
    expect([...(plain?.keys() ?? [])]).toEqual(network.weights.map(({ name }) => name));
    for (const learner of learners) await learner.dispose();
  });

  it('goes on from a saved state to the same bits: weights, moments, rate, and the count that dropout draws by', async () => {
    const options: LearnerOptions = { seed: 3, optimizer: adam({ learningRate: 0.01, amsgrad: true }) };
    const whole = new Learner(gpu(), dense(), options);
    for (let i = 0; i < 4; i++) await whole.train(...randomBatch(dense(), 5, i));
    whole.learningRate = 0.002;
    const state = await whole.readState();
    expect(state).toMatchObject({ stepCount: 4, averaged: 0 });
    expect([...state.optimizer.keys()]).toEqual(
      ['moment', 'square', 'largest'].flatMap((word) => [...state.weights.keys()].map((w) => `${word}/${w}`)),
    );
    const resumed = new Learner(gpu(), dense(), options);
    resumed.writeState(state);
    expect([resumed.stepCount, resumed.learningRate]).toEqual([4, 0.002]);
    for (const learner of [whole, resumed])
      for (let i = 4; i < 8; i++) await learner.train(...randomBatch(dense(), 5, i));
    expect(await resumed.readState()).toEqual(await whole.readState());
    expect((await resumed.metrics()).map(({ step }) => step)).toEqual([5, 6, 7, 8]);
    expect((await whole.metrics()).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await Promise.all([whole.dispose(), resumed.dispose()]);
  });

  it('gives back the memory of a step whose recording fails', async () => {
    const broken: Layer = {
      ...{ kind: 'Broken', config: {}, outputShape: sameShape, weights: noWeights },
      call: () => {
        throw new Error('no such kernel');
      },
    };
    const layers = [Conv2D({ filters: 4 }), ELU(), BatchNormalization(), broken, Flatten()];
    const network = new Sequential('broken', [6, 6, 2], [...layers, Dense({ units: 3 }), Softmax()]);
    const before = gpu().pool.stats.liveBytes;
    const learner = new Learner(gpu(), network);
    const [images, labels] = randomBatch(network, 4);
    await expect(learner.train(images, labels)).rejects.toThrow('no such kernel');
    await expect(learner.predict(images)).rejects.toThrow('no such kernel');
    await learner.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });

  it('refuses the state of another optimiser or model', async () => {
    const a = new Learner(gpu(), dense(), { optimizer: sgd({ momentum: 0.9 }) });
    const b = new Learner(gpu(), dense(), { optimizer: sgd() });
    const [momentum, plain] = [await a.readState(), await b.readState()];
    expect(plain.optimizer.size).toBe(0);
    expect(() => b.writeState(momentum)).toThrow('the name of a weight, got velocity/dense/kernel');
    expect(() => a.writeState(plain)).toThrow('weight velocity/dense/kernel; expected [4, 5], got nothing');
    const other = new Map(plain.weights);
    other.set('dense/bias', { shape: [4], data: new Float32Array(4) });
    expect(() => a.writeWeights(other)).toThrow('weight dense/bias; expected [5], got [4]');
    expect(() => new Learner(gpu(), dense(), { classWeights: [1, 2] })).toThrow(
      'one weight per class; expected 3',
    );
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('steps by the learning rate that it is given', async () => {
    const learner = new Learner(gpu(), dense(), { optimizer: sgd({ learningRate: 0.5 }) });
    expect(learner.learningRate).toBe(0.5);
    const moved = async (rate: number): Promise<number> => {
      const before = (await learner.readWeights()).get('dense_1/bias')?.data ?? [];
      learner.learningRate = rate;
      const [images, labels] = randomBatch(dense(), 5);
      const { weightGradients } = await learner.trace(images, labels);
      const after = (await learner.readWeights()).get('dense_1/bias')?.data ?? [];
      const gradient = weightGradients.get('dense_1/bias')?.data ?? [];
      return ((before[0] ?? 0) - (after[0] ?? 0)) / (gradient[0] ?? 0);
    };
    expect(await moved(0.5)).toBeCloseTo(0.5, 4);
    expect(await moved(0.125)).toBeCloseTo(0.125, 4);
    await learner.dispose();
  });

  it('penalises kernels of every kind, and neither biases nor normalisation', async () => {
    const layers = [DepthwiseConv2D(), BatchNormalization(), SeparableConv2D({ filters: 2 }), Flatten()];
    const network = new Sequential('apart', [4, 4, 2], [...layers, Dense({ units: 3 }), Softmax()]);
    const learner = new Learner(gpu(), network, { l2: 0.5 });
    const weights = randomWeights(network);
    learner.writeWeights(weights);
    await learner.train(...randomBatch(network, 2));
    const kernels = [...weights].flatMap(([name, { data }]) => (/kernel$/.test(name) ? [...data] : []));
    const [step] = await learner.metrics();
    expect(step?.penalty).toBeCloseTo(0.5 * kernels.reduce((sum, w) => sum + w * w, 0), 4);
    await learner.dispose();
  });

  it('keeps the numbers of more steps than the device has slots for', async () => {
    const run = async (fetches: boolean) => {
      const learner = new Learner(gpu(), dense(), { seed: 3 });
      const steps = [];
      for (let i = 0; i < 1030; i++) {
        await learner.train(...randomBatch(dense(), 2, i));
        if (fetches && i % 400 === 0) steps.push(...(await learner.metrics()));
      }
      await learner.profile(...randomBatch(dense(), 2, 1030));
      steps.push(...(await learner.metrics()));
      expect(await learner.metrics()).toEqual([]);
      await learner.dispose();
      return steps;
    };
    const [late, often] = [await run(false), await run(true)];
    expect(late.map(({ step }) => step)).toEqual(Array.from({ length: 1031 }, (_, i) => i + 1));
    expect(late).toEqual(often);
    expect(late.every(({ count }) => count === 2)).toBe(true);
  });

  it('a timed step is one like any other; timing a prediction changes nothing', async () => {
    const [plain, timed] = [new Learner(gpu(), dense()), new Learner(gpu(), dense())];
    const [images, labels] = randomBatch(dense(), 5);
    const commands = await timed.commands(5);
    expect(timed.stepCount).toBe(0);
    const before = await timed.readWeights();
    const inference = await timed.profile(images);
    expect(await timed.readWeights()).toEqual(before);
    expect(inference.length).toBeLessThan(commands.length);
    expect(inference.map(({ scope }) => scope).filter((scope) => /backward|optimizer/.test(scope))).toEqual(
      [],
    );
    const times = await timed.profile(images, labels);
    expect(times.map(({ nanoseconds: _, ...command }) => command)).toEqual(commands);
    expect(times.every(({ nanoseconds }) => nanoseconds >= 0)).toBe(true);
    expect(times.some(({ nanoseconds }) => nanoseconds > 0)).toBe(true);
    await plain.train(images, labels);
    expect(await timed.readState()).toEqual(await plain.readState());
    expect(await timed.metrics()).toEqual(await plain.metrics());
    await Promise.all([plain.dispose(), timed.dispose()]);
  });

  it('tells how many kernels are compiled, and is not asked twice', async () => {
    const twin = await gpu().openTwin(); // has compiled nothing
    const learner = new Learner(twin, dense());
    const heard: string[] = [];
    learner.onCompile = (done, total) => heard.push(`${done}/${total}`);
    await learner.train(...randomBatch(dense(), 5));
    const total = heard.length;
    expect(total).toBeGreaterThan(5);
    expect(heard).toEqual(Array.from({ length: total }, (_, i) => `${i + 1}/${total}`));
    await learner.train(...randomBatch(dense(), 5));
    expect(heard).toHaveLength(total);
    await learner.dispose();
    twin.close();
  });

  it('puts the weights back even if what sees the average fails', async () => {
    const learner = new Learner(gpu(), dense(), { ema: 0.5, optimizer: sgd({ learningRate: 1 }) });
    await learner.train(...randomBatch(dense(), 5));
    const before = await learner.readWeights();
    const live = gpu().pool.stats.liveBytes;
    await expect(learner.withAverage(() => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
    expect(await learner.readWeights()).toEqual(before);
    expect(await learner.withAverage(async () => (await learner.readWeights()).size)).toBe(4);
    expect(await learner.withAverage(() => learner.readWeights())).not.toEqual(before);
    expect(gpu().pool.stats.liveBytes).toBe(live);
    await learner.dispose();
  });

  it('a step that blends is another one than a step that does not', async () => {
    const plain = new Sequential('plain', [4], [Dense({ units: 3 }), Softmax()]);
    const learner = new Learner(gpu(), plain, { optimizer: sgd({ learningRate: 0 }) });
    const [images, labels] = randomBatch(dense(), 4);
    const mix = [1, 2, 3, 0].map((partner, i) => ({ partner, share: 0.3 + 0.1 * i }));
    const other = mix.map(({ partner }) => ({ partner, share: 0.9 }));
    for (const blend of [undefined, mix, undefined, other])
      await learner.train(images, labels, { mix: blend });
    const [a, b, c, d] = (await learner.metrics()).map(({ loss }) => loss);
    await learner.dispose();
    expect(c).toBe(a);
    expect(new Set([a, b, d]).size).toBe(3);
  });

  it('compares with the distributions of each step', async () => {
    const classes = 3;
    const plainNetwork = new Sequential('plain', [4], [Dense({ units: classes }), Softmax()]);
    const learner = new Learner(gpu(), plainNetwork, { optimizer: sgd({ learningRate: 0 }) });
    const [images, labels] = randomBatch(plainNetwork, 4);
    const certain = new Float32Array(4 * classes);
    labels.forEach((label, i) => {
      certain[i * classes + label] = 1;
    });
    const even = new Float32Array(4 * classes).fill(1 / classes);
    for (const soft of [undefined, certain, even]) await learner.train(images, labels, { soft });
    const [plain, sure, open] = (await learner.metrics()).map(({ loss }) => loss);
    await learner.dispose();
    expect(sure).toBeCloseTo(plain ?? Number.NaN, 6);
    expect(Math.abs((open ?? 0) - (plain ?? 0))).toBeGreaterThan(1e-3);
  });

  it('gives everything back, averages too', async () => {
    const before = gpu().pool.stats.liveBytes;
    const network = blocks();
    const learner = new Learner(gpu(), network, { swa: true, optimizer: adam({ amsgrad: true }) });
    const [images, labels] = randomBatch(network, 4);
    await learner.train(images, labels, {
      mix: Array.from({ length: 4 }, () => ({ partner: 0, share: 0.5 })),
    });
    await learner.takeAverage([{ images, labels }]);
    await learner.evaluate(images, labels);
    await learner.predict(images);
    await learner.trace(images, labels);
    await learner.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });
});
