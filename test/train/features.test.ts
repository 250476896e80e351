import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Dataset } from '../../src/data/types.js';
import { binaryPatterns, patternHistograms } from '../../src/reference/local_binary_patterns.js';
import { networkOf } from '../../src/train/assemble.js';
import { Classifier } from '../../src/train/classifier.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import type { TrainEvent } from '../../src/train/events.js';
import { fitFeatures } from '../../src/train/features.js';
import { loadModel } from '../../src/train/model_file.js';
import { PatternTally } from '../../src/train/pattern_statistics.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-features-'));
const LBP = { features: 'raw+lbp', 'lbp-cells': 2, 'lbp-bins': 40 };

describe('what a feature tells about the class', () => {
  /** Counts of two features in cells of four pixels, with the class: the first follows it, the second does not. */
  const tally = (): PatternTally => {
    const made = new PatternTally([4, 4, 4], 2);
    const rows = [
      [0, 2, 0],
      [0, 4, 0],
      [1, 2, 0],
      [3, 4, 0],
      [4, 2, 0],
      [4, 4, 0],
    ];
    for (const [i, counts] of rows.entries())
      made.add(
        Float32Array.from(counts).map((n) => n / 4),
        i < 3 ? 0 : 1,
      );
    return made;
  };

  it('mean and variance by hand', () => {
    expect(tally().moments(0).mean).toBeCloseTo(12 / 6 / 4, 12);
    expect(tally().moments(0).variance).toBeCloseTo((42 / 6 - 4) / 16, 12);
    expect(tally().moments(2)).toEqual({ mean: 0, variance: 0 });
  });

  it('chi-squared by hand, as sklearn.feature_selection.chi2 defines it', () => {
    // Sums of the shares: 1/4 and 11/4, expected 3/2 each.
    expect(tally().score(0, 'chi-squared')).toBeCloseTo((2 * 1.25 ** 2) / 1.5, 12);
    // 2 and 5/2, expected 9/4 each.
    expect(tally().score(1, 'chi-squared')).toBeCloseTo((2 * 0.25 ** 2) / 2.25, 12);
    expect(tally().score(2, 'chi-squared')).toBe(0);
  });

  it('mutual information by hand, in nats', () => {
    expect(tally().score(0, 'mutual-information')).toBeCloseTo(Math.log(2), 12);
    // Above the mean of 3: one of three, and two of three.
    const entropy = -(Math.log(1 / 3) / 3 + (2 * Math.log(2 / 3)) / 3);
    expect(tally().score(1, 'mutual-information')).toBeCloseTo(Math.log(2) - entropy, 12);
    expect(tally().score(2, 'mutual-information')).toBe(0);
  });

  it('decides which are chosen; they keep their order, and the first of equal ones wins', () => {
    expect(tally().best(1, 'mutual-information')).toEqual([0]);
    expect(tally().best(3, 'chi-squared')).toEqual([0, 1, 2]);
    const same = new PatternTally([1, 1, 1], 2);
    same.add(Float32Array.of(0, 1, 1), 0);
    same.add(Float32Array.of(0, 0, 0), 1);
    expect(same.best(1, 'mutual-information')).toEqual([1]);
  });
});

it('settings that do not go together are refused', () => {
  for (const file of ['init', 'architecture'])
    expect(() => resolveConfig({ ...LBP, [file]: 'x.h5' })).toThrow(`${file}: needs --features raw`);
  for (const preprocess of ['standardize', 'standardize-image'])
    expect(() => resolveConfig({ ...LBP, preprocess })).toThrow(
      `preprocess ${preprocess}: needs --features raw`,
    );
  expect(() => resolveConfig({ 'lbp-radius': 3 })).toThrow('lbp-radius = 3: expected');
});

describeGpu('features measured on training images', (gpu) => {
  const faces = (): Promise<Dataset> => loadDataset('synthetic:70');
  const config = (more = {}) => resolveConfig({ ...LBP, ...more });

  it('have the mean and variance that float64 gives', async () => {
    const { train } = (await faces()).splits;
    const { features, values } = await fitFeatures(gpu(), config({ 'lbp-radius': 2 }), train, [48, 48]);
    const count = train.labels.length;
    const shape = { b: count, h: 48, w: 48, radius: 2, cells: 2 };
    const shares = patternHistograms(binaryPatterns(Float64Array.from(train.images), shape), shape);
    const bins = features.lbp.bins ?? [];
    expect(bins).toHaveLength(40);
    expect(bins).toEqual([...bins].sort((a, b) => a - b));
    bins.forEach((bin, k) => {
      const own = Array.from({ length: count }, (_, i) => shares[i * 236 + bin] as number);
      const mean = own.reduce((a, b) => a + b) / count;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count;
      expect(values.get('lbp_standardized/moving_mean')?.data[k]).toBeCloseTo(mean, 6);
      expect(values.get('lbp_standardized/moving_variance')?.data[k]).toBeCloseTo(variance, 6);
    });
  });

  it('depend on the training rows alone, and only on those that are trained on', async () => {
    const dataset = await faces();
    const { train, validation, test } = dataset.splits;
    const fixedOf = async (splits: Dataset['splits'], more = {}) => {
      const network = await networkOf(config(more), { ...dataset, splits }, { gpu: gpu() });
      const lbp = network.layers.find(({ name }) => name === 'lbp');
      const fixed = network.weights.filter(({ name }) => name.startsWith('lbp'));
      return { bins: lbp?.layer.config['bins'], fixed: fixed.map(({ initializer }) => initializer) };
    };
    const before = await fixedOf(dataset.splits);
    const turned = (split: typeof train) => ({ ...split, labels: split.labels.map((label) => 6 - label) });
    const others = { train, validation: turned(train), test: turned(train) };
    expect(await fixedOf(others)).toEqual(before);
    const noise = { ...train, images: train.images.map((v, i) => (v * 7 + i) % 256) };
    expect(await fixedOf({ train, validation: noise, test: noise })).toEqual(before);
    const changed = await fixedOf({ train: noise, validation, test });
    expect(changed.bins).not.toEqual(before.bins);
    expect(changed.fixed).not.toEqual(before.fixed);
    const fewer = await fixedOf(dataset.splits, { limit: 30 });
    const part = 30 * 48 * 48;
    const after30 = train.images.map((v, i) => (i < part ? v : (v * 7 + i) % 256));
    expect(await fixedOf({ train: { ...train, images: after30 }, validation, test }, { limit: 30 })).toEqual(
      fewer,
    );
    expect(train.labels.length).toBeGreaterThan(30);
    const shuffled = { ...train, labels: train.labels.map((_, i) => i % 5) };
    expect((await fixedOf({ train: shuffled, validation, test })).bins).not.toEqual(before.bins);
    expect((await fixedOf(dataset.splits, { 'lbp-ranking': 'chi-squared' })).bins).not.toEqual(before.bins);
  });

  it('cannot be more than there are', async () => {
    const { train } = (await faces()).splits;
    await expect(fitFeatures(gpu(), config({ 'lbp-bins': 237 }), train, [48, 48])).rejects.toThrow(
      'lbp-bins = 237: 2 x 2 cells with 59 bins have 236',
    );
  });

  it('a run with them, stopped and resumed, gives the bits of another with its seed, and its files predict the same', async () => {
    const settings = { ...LBP, data: 'synthetic:70', filters: '4', dense: '8', batch: 14, epochs: 2 };
    const train = async (stopAfter = Number.POSITIVE_INFINITY): Promise<string> => {
      const out = join(newFolder(), 'run');
      const control = new Control();
      const emit = (event: TrainEvent): void => {
        if (event.type === 'step' && event.step >= stopAfter) control.stop('sigint', 'epoch');
      };
      await runTraining(resolveConfig({ ...settings, 'log-every': 1, out }), { control, emit, place });
      return out;
    };
    const [whole, stopped] = [await train(), await train(2)];
    await resumeTraining(stopped, { control: new Control(), emit: () => undefined, place });
    const file = (run: string): string => join(run, 'last.safetensors');
    const weights = (run: string) =>
      [...loadModel(file(run)).weights].map(([name, { data }]) => [name, [...data]]);
    expect(weights(stopped)).toEqual(weights(whole));

    const h5 = join(newFolder(), 'model.h5');
    await saveH5(h5, await openModel(file(whole)));
    const { images } = (await faces()).splits.validation;
    const answers: Float32Array[] = [];
    for (const path of [file(whole), h5]) {
      const classifier = await Classifier.open(gpu(), path);
      answers.push(await classifier.classify(images, 4, 48, 48));
      await classifier.dispose();
    }
    expect(answers[0]).toHaveLength(28);
    expect(answers[1]).toEqual(answers[0]);
    const evaluated = await evaluateWeights({ weights: h5, data: 'synthetic:70', split: 'validation' });
    const last = JSON.parse(
      readFileSync(join(whole, 'events.ndjson'), 'utf8')
        .match(/.*"type":"epoch".*/g)
        ?.at(-1) ?? '',
    );
    expect(evaluated.accuracy).toBeCloseTo(last.val.acc, 6);
    expect(evaluated.loss).toBeCloseTo(last.val.loss, 4);
  });
});
