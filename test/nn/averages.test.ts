import { expect, it } from 'vitest';
import { BatchNormalization, Dense, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { sgd } from '../../src/nn/optimizers.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { denseForward } from '../../src/reference/dense.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';

const model = () =>
  new Sequential('mlp', [4], [Dense({ units: 4 }), BatchNormalization(), Dense({ units: 3 }), Softmax()]);
const OPTIONS: LearnerOptions = { seed: 3, optimizer: sgd({ learningRate: 0.1 }) };

function batch(seed: number) {
  const rng = new Rng(seed);
  return {
    images: Float32Array.from({ length: 20 }, () => rng.normal()),
    labels: Uint32Array.from({ length: 5 }, () => rng.int(3)),
  };
}
const same = (times: number) => Array.from({ length: times }, () => batch(77));
const of = (weights: ReadonlyMap<string, NamedArray>, name: string): Float32Array =>
  weights.get(name)?.data ?? new Float32Array(0);

describeGpu('averages of weights', (gpu) => {
  it('of an equal one each set counts alike, and batch norm gets statistics of its own', async () => {
    const learner = new Learner(gpu(), model(), { ...OPTIONS, swa: true });
    const taken: Float32Array[] = [];
    for (let i = 0; i < 3; i++) {
      for (let t = 0; t < 4; t++) {
        const { images, labels } = batch(10 * i + t);
        await learner.train(images, labels);
      }
      const weights = await learner.readWeights();
      taken.push(of(weights, 'dense/kernel'));
      // Before the first set there is no average: what is validated are the weights themselves.
      if (i === 0) expect(await learner.withAverage(() => learner.readWeights())).toEqual(weights);
      await learner.takeAverage(same(i === 2 ? 1500 : 1));
    }
    const average = await learner.withAverage(() => learner.readWeights());
    const mean = taken[0]?.map((_, k) => taken.reduce((sum, w) => sum + (w[k] as number), 0) / 3) ?? [];
    expect(relativeError(of(average, 'dense/kernel'), mean)).toBeLessThan(1e-6);

    const f64 = (name: string) => Float64Array.from(of(average, name));
    const x = Float64Array.from(batch(77).images);
    const y = denseForward(x, f64('dense/kernel'), f64('dense/bias'), 5, 4, 4);
    const column = (c: number) => [0, 1, 2, 3, 4].map((n) => y[n * 4 + c] as number);
    const means = [0, 1, 2, 3].map((c) => column(c).reduce((a, b) => a + b) / 5);
    const variances = means.map((m, c) => column(c).reduce((sum, v) => sum + (v - m) ** 2, 0) / 5);
    expect(relativeError(of(average, 'batch_normalization/moving_mean'), means)).toBeLessThan(1e-4);
    expect(relativeError(of(average, 'batch_normalization/moving_variance'), variances)).toBeLessThan(1e-4);
    await learner.dispose();
  });

  it("begin with the first set's batch norm statistics as they are then", async () => {
    const learner = new Learner(gpu(), model(), { ...OPTIONS, swa: true });
    for (let t = 0; t < 3; t++) await learner.train(batch(t).images, batch(t).labels);
    const weights = await learner.readWeights();
    await learner.takeAverage([]);
    const average = await learner.withAverage(() => learner.readWeights());
    for (const name of ['batch_normalization/moving_mean', 'batch_normalization/moving_variance'])
      expect(of(average, name)).toEqual(of(weights, name));
    await learner.dispose();
  });

  it("of a moving one follow all weights, batch norm's statistics among them, from the weights it begins with", async () => {
    const momentum = 0.7;
    const learner = new Learner(gpu(), model(), { ...OPTIONS, ema: momentum });
    const other = new Learner(gpu(), model(), { ...OPTIONS, seed: 4 });
    learner.writeWeights(await other.readWeights());
    const want = new Map([...(await other.readWeights())].map(([name, { data }]) => [name, [...data]]));
    for (let t = 0; t < 4; t++) {
      const { images, labels } = batch(t);
      await learner.train(images, labels);
      for (const [name, { data }] of await learner.readWeights()) {
        const mean = want.get(name) ?? [];
        data.forEach((w, i) => {
          mean[i] = (mean[i] as number) + (w - (mean[i] as number)) * (1 - momentum);
        });
      }
    }
    const average = await learner.withAverage(() => learner.readWeights());
    for (const name of [
      'dense/kernel',
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
    ]) {
      expect(relativeError(of(average, name), want.get(name) ?? [])).toBeLessThan(1e-6);
      expect(relativeError(of(average, name), of(await other.readWeights(), name))).toBeGreaterThan(1e-3);
    }
    await Promise.all([learner.dispose(), other.dispose()]);
  });

  it('leave training as it was, and go on from a saved state', async () => {
    const plain = new Learner(gpu(), model(), OPTIONS);
    const averaged = new Learner(gpu(), model(), { ...OPTIONS, swa: true });
    const train = async (learner: Learner, from: number) => {
      for (let t = from; t < from + 3; t++) {
        const { images, labels } = batch(t);
        await learner.train(images, labels);
      }
    };
    // Before the first one there is no average to stand in.
    expect(await averaged.withAverage(() => averaged.readWeights())).toEqual(await averaged.readWeights());
    for (const learner of [plain, averaged]) await train(learner, 0);
    await averaged.takeAverage(same(2));
    const resumed = new Learner(gpu(), model(), { ...OPTIONS, swa: true });
    resumed.writeState(await averaged.readState());
    for (const learner of [plain, averaged, resumed]) await train(learner, 3);
    expect(await averaged.readWeights()).toEqual(await plain.readWeights());
    for (const learner of [averaged, resumed]) await learner.takeAverage(same(2));
    expect(await resumed.readState()).toEqual(await averaged.readState());
    expect(() => new Learner(gpu(), model(), { ema: 0.9, swa: true })).toThrow('only one average is kept');
    await Promise.all([plain.dispose(), averaged.dispose(), resumed.dispose()]);
  });
});
