import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { balance, balanceOf } from '../../src/ensemble/balance.js';
import { calibrate } from '../../src/ensemble/calibrate.js';
import { fitOffsets, type RecallTarget } from '../../src/ensemble/fit_offsets.js';
import { changeLogits } from '../../src/nn/change_logits.js';
import { Conv2D, Dense, Flatten, GlobalAveragePooling2D, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { predictSplit } from '../../src/train/evaluation.js';
import { loadModel, type SavedModel, saveModel, unadjusted } from '../../src/train/model_file.js';
import { meanTempered, tempered } from '../../src/train/temperature.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const CLASSES = 4;

/** Random probabilities, and labels of which the last class is seldom recognised. */
function rowsOf(count: number) {
  const rng = new Rng(11);
  const labels = Uint8Array.from({ length: count }, () => rng.int(CLASSES));
  const probabilities = new Float32Array(count * CLASSES);
  labels.forEach((label, i) => {
    const powers = Array.from({ length: CLASSES }, (_, c) =>
      Math.exp(3 * rng.float() + (c === label ? 2 : 0) - (c === CLASSES - 1 ? 2 : 0)),
    );
    const total = powers.reduce((sum, power) => sum + power, 0);
    probabilities.set(
      powers.map((power) => power / total),
      i * CLASSES,
    );
  });
  return { probabilities, labels };
}

/** The share of the rows of a class that are recognised with offsets, counted anew. */
function recallOf(
  { probabilities, labels }: ReturnType<typeof rowsOf>,
  own: number,
  offsets: number[],
): number {
  let [hits, count] = [0, 0];
  labels.forEach((label, i) => {
    if (label !== own) return;
    const z = offsets.map((offset, c) => Math.log(probabilities[i * CLASSES + c] as number) + offset);
    count++;
    hits += Number(z.indexOf(Math.max(...z)) === own);
  });
  return hits / count;
}

describe('offsets for a recall', () => {
  const rows = rowsOf(400);
  const offsetsFor = (...targets: RecallTarget[]) =>
    fitOffsets([rows.probabilities], rows.labels, CLASSES, targets);
  const recallNow = (own: number) => recallOf(rows, own, [0, 0, 0, 0]);

  it('reach it, with no smaller ones reaching it, for one class and for two that take from each other', () => {
    const single = offsetsFor({ class: 3, recall: 0.8 }) as number[];
    const both = offsetsFor({ class: 3, recall: 0.8 }, { class: 1, recall: 0.95 }) as number[];
    for (const [offsets, wanted] of [
      [single, { 3: 0.8 }],
      [both, { 3: 0.8, 1: 0.95 }],
    ] as const) {
      for (const [name, recall] of Object.entries(wanted)) {
        const own = Number(name);
        expect(recallNow(own)).toBeLessThan(recall);
        expect(recallOf(rows, own, offsets)).toBeGreaterThanOrEqual(recall);
        const less = offsets.map((offset, c) => (c === own ? offset - 0.03 : offset));
        expect(recallOf(rows, own, less)).toBeLessThan(recall);
      }
    }
    expect([single[0], single[1], single[2], both[0], both[2]]).toEqual([0, 0, 0, 0, 0]);
    expect(both[3]).toBeGreaterThan(single[3] as number);
  });

  it('of two versions of an image make both classes equal in their mean', () => {
    // sigmoid(a + o) + sigmoid(b + o) = 1 where o = -(a + b) / 2, and a little more.
    const versions = [Float32Array.of(0.9, 0.1), Float32Array.of(0.3, 0.7)];
    const [first, second] = fitOffsets(versions, [1], 2, [{ class: 1, recall: 1 }]) as [number, number];
    expect(first).toBe(0);
    expect(second).toBeCloseTo((Math.log(9) - Math.log(7 / 3)) / 2 + 0.005, 6);
  });

  it('of several versions of each image let their mean reach it, with nothing to spare', () => {
    const noise = new Rng(12);
    const noisy = rows.probabilities.map((p) => p * Math.exp(2 * noise.float()));
    const versions = [rows.probabilities, tempered(noisy, CLASSES, 1, [0, 0, 0, 0])];
    const targets = [
      { class: 3, recall: 0.8 },
      { class: 1, recall: 0.9 },
    ];
    const offsets = fitOffsets(versions, rows.labels, CLASSES, targets) as number[];
    const recallWith = (own: number, by: number[]): number => {
      const mean = meanTempered(versions, CLASSES, 1, by);
      return recallOf({ ...rows, probabilities: new Float32Array(mean) }, own, [0, 0, 0, 0]);
    };
    for (const { class: own, recall } of targets) {
      expect(recallWith(own, offsets)).toBeGreaterThanOrEqual(recall);
      const less = offsets.map((offset, c) => (c === own ? offset - 0.1 : offset));
      expect(recallWith(own, less)).toBeLessThan(recall);
    }
    expect([offsets[0], offsets[2]]).toEqual([0, 0]);
    expect(offsets).not.toEqual(offsetsFor(...targets));
  });

  it('are 0 where the recall is reached already, and there are none where targets contradict each other', () => {
    expect(offsetsFor({ class: 0, recall: recallNow(0) - 0.01 })).toEqual([0, 0, 0, 0]);
    expect(offsetsFor(...[0, 1, 2, 3].map((own) => ({ class: own, recall: 1 })))).toBeUndefined();
  });

  it('are told with what a quarter, a half and all of them cost', () => {
    const { probabilities, labels } = rows;
    const names = ['a', 'b', 'c', 'd'];
    const found = balanceOf(
      { votes: [probabilities], labels, classes: CLASSES },
      [{ class: 3, recall: 0.8 }],
      names,
      7,
    );
    expect(found.curve.map(({ strength }) => strength)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    for (const { strength, recalls, macroRecall } of found.curve) {
      const offsets = found.offsets.map((offset) => strength * offset);
      const want = names.map((_, own) => recallOf(rows, own, offsets));
      for (const [own, recall] of recalls.entries()) expect(recall).toBeCloseTo(want[own] as number, 12);
      expect(macroRecall).toBeCloseTo(want.reduce((a, b) => a + b) / CLASSES, 12);
    }
    // Fitted on the other half, so near what was wanted.
    expect(Math.abs((found.crossFitted.recalls[3] as number) - 0.8)).toBeLessThan(0.15);
    expect(found.crossFitted.recalls).not.toEqual(found.curve.at(-1)?.recalls);
  });
});

it('offsets have no place in a last layer without a bias, or with one that is not of the classes', () => {
  const networks = [
    new Sequential('no bias', [7], [Dense({ units: 7, useBias: false })]),
    new Sequential('channels', [2, 2, 3], [Conv2D({ filters: 2 }), Flatten()]),
  ];
  for (const network of networks) {
    const offsets = network.outputShape
      .map(() => 0)
      .concat(new Array((network.outputShape[0] ?? 1) - 1).fill(0));
    expect(changeLogits(network, randomWeights(network), { factor: 1 })).toBeDefined();
    expect(changeLogits(network, randomWeights(network), { factor: 1, offsets })).toBeUndefined();
  }
});

describeGpu('a balanced model', (gpu) => {
  const { splits } = syntheticFaces(3, 35);
  const files = newFolder();
  const network = new Sequential(
    'n',
    [12, 12, 1],
    [Conv2D({ filters: 7, strides: 3 }), GlobalAveragePooling2D(), Softmax()],
  );
  const saved = {
    ...{ network, weights: randomWeights(network), classes: CLASS_NAMES, notes: {} },
    preprocess: { name: 'scale255' } as const,
  };
  const common = { data: 'synthetic:140', seed: 7, adapter: undefined };

  it('says softmax(logits / T + offsets), in Keras files too', async () => {
    const path = join(files, 'shifted.safetensors');
    const offsets = [0, 1.5, 0, 0, -0.25, 0, 0.5];
    saveModel(path, saved, { temperature: 1.7, offsets });
    const h5 = join(files, 'shifted.h5');
    await saveH5(h5, loadModel(path));
    const learner = new Learner(gpu(), network);
    const said = async (weights: SavedModel['weights']): Promise<Float32Array> => {
      learner.writeWeights(weights);
      return predictSplit(learner, splits.train, saved.preprocess);
    };
    const plain = await said(saved.weights);
    const want = plain.map((_, i) => {
      const row = [...plain.subarray(i - (i % 7), i - (i % 7) + 7)];
      const powers = row.map((p, c) => Math.exp(Math.log(p) / 1.7 + (offsets[c] as number)));
      return (powers[i % 7] as number) / powers.reduce((sum, power) => sum + power, 0);
    });
    const shifted = tempered(plain, 7, 1.7, offsets);
    for (const got of [
      shifted,
      await said(loadModel(path).weights),
      await said((await openModel(h5)).weights),
    ]) {
      expect(Math.max(...got.map((p, i) => Math.abs(p - (want[i] as number))))).toBeLessThan(2e-6);
    }
    await learner.dispose();
  });

  it('keeps its temperature and its own weights; calibrating it drops the balance', async () => {
    const path = join(files, 'model.safetensors');
    saveModel(path, saved, { temperature: 1.3 });
    const fear = { ...common, weights: path, out: path, recall: [{ name: 'Fear', recall: 0.9 }] };
    const first = await balance({ ...fear, strength: 1 });
    expect(first.offsets.filter((offset) => offset !== 0)).toEqual([
      first.offsets[CLASS_NAMES.indexOf('Fear')],
    ]);
    expect(first.curve.at(-1)?.recalls[CLASS_NAMES.indexOf('Fear')]).toBeGreaterThanOrEqual(0.9);
    expect(loadModel(path).notes['balance']).toContain('for the recall Fear 90 %');
    const stored = unadjusted(loadModel(path), path);
    expect(stored.adjustment).toEqual({ temperature: 1.3, offsets: first.offsets });
    expect(stored.raw.weights).toEqual(new Map([...saved.weights]));
    // Balancing again starts from the same, and a part of the offsets is a part.
    expect(await balance({ ...fear, strength: 0.5 })).toEqual(first);
    expect(unadjusted(loadModel(path), path).adjustment.offsets).toEqual(first.offsets.map((by) => by / 2));
    const { temperature, balanceDropped } = await calibrate({ ...common, weights: path, out: path });
    expect(balanceDropped).toBe(true);
    expect(loadModel(path).notes['balance']).toBeUndefined();
    expect(unadjusted(loadModel(path), path).adjustment).toEqual({ temperature, offsets: undefined });
  });

  it('for ten views of each face is what evaluate finds with ten views', async () => {
    const path = join(files, 'views.safetensors');
    // Sure of every view, and of another class in many, so that the mean of tempered views is not the tempered mean.
    const head = [Conv2D({ filters: 7, strides: 3 }), Flatten(), Dense({ units: 7 }), Softmax()];
    const sure = new Sequential('sure', [12, 12, 1], head);
    const weights = randomWeights(sure);
    for (const values of weights.values())
      values.data.forEach((value, i) => {
        values.data[i] = 3 * value;
      });
    saveModel(path, { ...saved, network: sure, weights }, { temperature: 1.3 });
    const views = { ...common, tta: 'tenview' } as const;
    const recall = [{ name: 'Fear', recall: 0.8 }];
    const found = await balance({ ...views, weights: path, out: path, recall, strength: 1 });
    const { accuracy, perClass } = await evaluateWeights({ ...views, weights: [path], split: 'validation' });
    expect(found.curve.at(-1)?.accuracy).toBeCloseTo(accuracy, 6);
    expect(found.curve.at(-1)?.recalls).toEqual(perClass.map((one) => expect.closeTo(one.recall, 6)));
    expect(found.curve.at(-1)?.recalls[CLASS_NAMES.indexOf('Fear')]).toBeGreaterThanOrEqual(0.8);
    expect(loadModel(path).notes['balance']).toContain(' with --tta tenview for the recall Fear 80 %');
  });

  it('is refused for a class that the model does not have, and for recalls that contradict each other', async () => {
    const path = join(files, 'refused.safetensors');
    saveModel(path, saved);
    const asked = (recall: [string, number][]) =>
      balance({
        ...common,
        weights: path,
        out: path,
        strength: 1,
        recall: recall.map(([name, share]) => ({ name, recall: share })),
      });
    await expect(asked([['Feer', 0.5]])).rejects.toThrow(
      'the model has no class "Feer"; expected some of Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise, perhaps Fear',
    );
    await expect(asked(CLASS_NAMES.map((name) => [name, 1]))).rejects.toThrow(
      'no offsets reach all of these recalls',
    );
    expect(loadModel(path).weights).toEqual(new Map([...saved.weights]));
  });
});

it.each(['', '1 2', '0 0 0 0 0 0 x', '0 0 0 0 0 0 1e999'])('offsets "%s" of a file are damage', (offsets) => {
  const network = new Sequential('n', [3], [Dense({ units: 7 }), Softmax()]);
  const path = join(newFolder(), 'm.safetensors');
  const saved = { network, weights: randomWeights(network), classes: CLASS_NAMES };
  saveModel(path, { ...saved, preprocess: { name: 'none' }, notes: { offsets } });
  expect(() => loadModel(path)).toThrow('damaged: its offsets are');
});
