import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { calibrate } from '../../src/ensemble/calibrate.js';
import { crossFitted } from '../../src/ensemble/cross_fit.js';
import { fitTemperature } from '../../src/ensemble/fit_temperature.js';
import { changeLogits } from '../../src/nn/change_logits.js';
import {
  Activation,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Network, Sequential } from '../../src/nn/network.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { predictSplit } from '../../src/train/evaluation.js';
import { loadModel, type SavedModel, saveModel, unadjusted } from '../../src/train/model_file.js';
import { tempered } from '../../src/train/temperature.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const SHAPE = [12, 12, 1] as const;
const head = Conv2D({ filters: 7, strides: 3 });
const ENDINGS = {
  'dense with softmax': [Flatten(), Dense({ units: 7, activation: 'softmax' })],
  'dense without bias, dropout, softmax': [
    ...[Flatten(), Dense({ units: 7, useBias: false }), Dropout({ rate: 0.5 }), Softmax()],
  ],
  'convolution, pooling, activation': [head, GlobalAveragePooling2D(), Activation({ activation: 'softmax' })],
  'batch normalisation, pooling': [head, BatchNormalization(), GlobalAveragePooling2D(), Softmax()],
} as const;

/** Random probabilities and labels that they say something about. */
function rowsOf(count: number, classes: number, sharpness: number) {
  const rng = new Rng(5);
  const probabilities = new Float32Array(count * classes);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = rng.int(classes);
    const powers = Array.from({ length: classes }, (_, c) =>
      Math.exp(sharpness * (rng.float() + (c === labels[i] ? 0.3 : 0))),
    );
    const total = powers.reduce((sum, power) => sum + power, 0);
    probabilities.set(
      powers.map((power) => power / total),
      i * classes,
    );
  }
  return { probabilities, labels };
}

describe('a temperature', () => {
  it('of answers that are 90 % sure and right in 3 of 4 cases is ln 9 / ln 3', () => {
    const probabilities = Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 0.9 : 0.1));
    const { temperature, atLimit } = fitTemperature([probabilities], [0, 0, 0, 1], 2);
    expect(temperature).toBeCloseTo(2, 6);
    expect(atLimit).toBe(false);
  });

  it.each([2, 9, 25])('has the lowest loss of all, for logits up to %f apart', (sharpness) => {
    const { probabilities, labels } = rowsOf(300, 5, sharpness);
    const { temperature } = fitTemperature([probabilities], labels, 5);
    const lossAt = (t: number): number => {
      let loss = 0;
      labels.forEach((label, i) => {
        const z = [...probabilities.subarray(i * 5, i * 5 + 5)].map((p) => Math.log(p) / t);
        loss += Math.log(z.reduce((sum, v) => sum + Math.exp(v), 0)) - (z[label] as number);
      });
      return loss;
    };
    for (const factor of [0.5, 0.9, 0.999, 1.001, 1.1, 2]) {
      expect(lossAt(temperature * factor)).toBeGreaterThan(lossAt(temperature));
    }
  });

  it('of several versions of each image gives their mean the lowest loss, which is another than that of one', () => {
    const { probabilities, labels } = rowsOf(300, 5, 9);
    const noise = new Rng(6);
    // Another version of each image: the same logits and some noise.
    const turned = tempered(
      probabilities.map((p) => p * Math.exp(4 * noise.float())),
      5,
      1,
      [0, 0, 0, 0, 0],
    );
    const versions = [probabilities, turned];
    const { temperature } = fitTemperature(versions, labels, 5);
    const lossAt = (t: number): number => {
      const each = versions.map((version) =>
        Array.from(labels, (label, i) => {
          const powers = [...version.subarray(i * 5, i * 5 + 5)].map((p) => p ** (1 / t));
          return (powers[label] as number) / powers.reduce((sum, v) => sum + v, 0);
        }),
      );
      return each[0]?.reduce((sum, p, i) => sum - Math.log((p + (each[1]?.[i] as number)) / 2), 0) as number;
    };
    for (const factor of [0.5, 0.9, 0.999, 1.001, 1.1, 2]) {
      expect(lossAt(temperature * factor)).toBeGreaterThan(lossAt(temperature));
    }
    for (const version of versions) {
      expect(Math.abs(fitTemperature([version], labels, 5).temperature - temperature)).toBeGreaterThan(0.1);
    }
  });

  it('of a network that is always right, or always wrong, is at the limit', () => {
    const sure = Float32Array.from([0.9, 0.1, 0.2, 0.8]);
    expect(fitTemperature([sure], [0, 1], 2)).toEqual({ temperature: 0.02, atLimit: true });
    expect(fitTemperature([sure], [1, 0], 2)).toEqual({ temperature: 50, atLimit: true });
  });

  it('divides logits, which probabilities tell up to a constant', () => {
    const z = [1, -2, 0.5];
    const softmax = (t: number): number[] => {
      const powers = z.map((v) => Math.exp(v / t));
      return powers.map((power) => power / powers.reduce((sum, v) => sum + v, 0));
    };
    const got = tempered(Float32Array.from([...softmax(1), 1, 0, 0]), 3, 2.5);
    for (const [c, want] of softmax(2.5).entries()) expect(got[c]).toBeCloseTo(want, 6);
    expect([...got.subarray(3)]).toEqual([1, expect.closeTo(0, 6), expect.closeTo(0, 6)]);
  });
});

it('cross-fitting never uses what was fitted on the row itself', () => {
  const labels = Uint8Array.from({ length: 31 }, (_, i) => i);
  const votes = [Float32Array.from({ length: 31 }, (_, i) => i)];
  const fitted: number[][] = [];
  const result = crossFitted({ votes, labels, classes: 1 }, 3, (rows) => {
    expect([...(rows.votes[0] ?? [])]).toEqual([...rows.labels]);
    const half = fitted.push([...rows.labels]) - 1;
    return ([other]) => (other as Float32Array).map((row) => 100 * half + row);
  });
  expect(fitted.map(({ length }) => length)).toEqual([15, 16]);
  result.forEach((value, row) => {
    const half = Math.floor(value / 100);
    expect(value % 100).toBe(row);
    expect(fitted[half]).not.toContain(row);
    expect(fitted[1 - half]).toContain(row);
  });
});

describe('logits are scaled in the last layer', () => {
  it('not where branches meet, behind an activation, or where an earlier layer uses the value too', () => {
    const node = (layer: ReturnType<typeof Flatten>, ...inputs: number[]) => ({ layer, inputs });
    const dense = Dense({ units: 7 });
    const networks = [
      new Network('sum', [7], [node(dense, -1), node(dense, -1), node(Add(), 0, 1)]),
      new Sequential('bent', [7], [dense, Activation({ activation: 'relu' })]),
      new Sequential('twice', [7], [Dense({ units: 7, activation: 'softmax' }), Softmax()]),
      new Sequential('no gamma', [7], [BatchNormalization({ scale: false })]),
    ];
    for (const network of networks)
      expect(changeLogits(network, randomWeights(network), { factor: 2 })).toBeUndefined();
  });
});

describeGpu('a calibrated model', (gpu) => {
  const { splits } = syntheticFaces(3, 35);
  const files = newFolder();

  it.each(Object.entries(ENDINGS))('that ends in %s says softmax(logits / T)', async (name, layers) => {
    const network = new Sequential('n', [...SHAPE], layers);
    const weights = randomWeights(network);
    const saved = {
      ...{ network, weights, classes: CLASS_NAMES, notes: {} },
      preprocess: { name: 'scale255' } as const,
    };
    const path = join(files, `${name}.safetensors`);
    saveModel(path, saved, { temperature: 1.7 });
    const h5 = join(files, `${name}.h5`);
    const opened = loadModel(path);
    await saveH5(h5, opened);
    const learner = new Learner(gpu(), network);
    const said = async (of: SavedModel['weights']): Promise<Float32Array> => {
      learner.writeWeights(of);
      return predictSplit(learner, splits.train, saved.preprocess);
    };
    const want = tempered(await said(weights), 7, 1.7);
    for (const got of [await said(opened.weights), await said((await openModel(h5)).weights)]) {
      expect(Math.max(...got.map((p, i) => Math.abs(p - (want[i] as number))))).toBeLessThan(2e-6);
    }
    expect(unadjusted(opened, path).raw.weights).toEqual(new Map(weights));
    await learner.dispose();
  });

  it('is written with the temperature that was found, and calibrating it again finds the same', async () => {
    const network = new Sequential('n', [...SHAPE], ENDINGS['dense with softmax']);
    const weights = randomWeights(network);
    const path = join(files, 'model.safetensors');
    saveModel(path, { network, weights, classes: CLASS_NAMES, preprocess: { name: 'none' }, notes: {} });
    const options = { weights: path, out: path, data: 'synthetic:140', seed: 7, adapter: undefined };
    const first = await calibrate(options);
    expect(first.before.loss).toBeGreaterThan(first.after.loss);
    expect(first.after.accuracy).toBe(first.before.accuracy);
    expect(loadModel(path).notes['calibration']).toContain('fitted on');
    const again = await calibrate(options);
    expect(again).toEqual(first);
    expect(loadModel(path).notes['calibration']).not.toContain('tta');
    expect(unadjusted(loadModel(path), path).raw.weights).toEqual(new Map(weights));
  });

  it('for the mean of a face and its mirror image has the loss that was told for both', async () => {
    const network = new Sequential('n', [...SHAPE], ENDINGS['dense with softmax']);
    const path = join(files, 'mirrored.safetensors');
    const saved = { network, weights: randomWeights(network), classes: CLASS_NAMES, notes: {} };
    saveModel(path, { ...saved, preprocess: { name: 'scale255' } });
    const data = 'synthetic:140';
    const common = { data, adapter: undefined, tta: 'flip' } as const;
    const lossNow = async (): Promise<number> =>
      (await evaluateWeights({ ...common, weights: [path], split: 'validation' })).loss;
    const plain = await lossNow();
    const { before, after, temperature } = await calibrate({ ...common, weights: path, out: path, seed: 7 });
    expect(before.loss).toBeCloseTo(plain, 5);
    expect(after.loss).toBeCloseTo(await lossNow(), 5);
    expect(after.loss).toBeLessThan(plain - 0.01);
    expect(loadModel(path).notes['calibration']).toBe(
      `temperature ${temperature.toFixed(4)}, fitted on 70 validation images of drawn faces with --tta flip`,
    );
  });
});
