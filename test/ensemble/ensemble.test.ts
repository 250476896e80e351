import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { Activation, Conv2D, GlobalAveragePooling2D } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { Classifier } from '../../src/train/classifier.js';
import { inOrder, mixed, openEnsemble } from '../../src/train/ensemble.js';
import { fromEnsemble, readEnsembleFile, writeEnsembleFile } from '../../src/train/ensemble_file.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { predictSplit } from '../../src/train/evaluation.js';
import { probabilityMetrics } from '../../src/train/metrics.js';
import { type SavedModel, saveModel } from '../../src/train/model_file.js';
import { tempered } from '../../src/train/temperature.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES, CSV_CLASS_NAMES } from '../../src/util/classes.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const folder = newFolder();
const [A, B] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')];

function model(edge: number, classes: readonly string[], seed: number, preprocess: 'none' | 'scale255') {
  const network = new Sequential(
    'tiny',
    [edge, edge, 1],
    [
      Conv2D({ filters: classes.length, strides: 3 }),
      GlobalAveragePooling2D(),
      Activation({ activation: 'softmax' }),
    ],
  );
  const weights = randomWeights(network, seed);
  return { network, classes, weights, preprocess: { name: preprocess }, notes: {} } as const;
}

// Another input size, another order of the classes, another preprocessing.
const [first, second] = [model(24, CLASS_NAMES, 5, 'scale255'), model(48, CSV_CLASS_NAMES, 6, 'none')];
saveModel(A, first);
saveModel(B, second);

describe('votes', () => {
  it('are averaged with the shares', () => {
    const got = mixed([Float32Array.of(1, 0), Float32Array.of(0.25, 0.75)], [0.75, 0.25]);
    expect([...got]).toEqual([0.8125, 0.1875]);
  });

  it('are put in the order of the ensemble', () => {
    expect([...inOrder(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 0, 1])]).toEqual([3, 1, 2, 6, 4, 5]);
  });
});

describe('an ensemble file', () => {
  const path = join(folder, 'ensemble.json');

  it('is read as it was written, its members beside it found from anywhere', () => {
    const members = [
      { weights: 'a.safetensors', share: 3 },
      { weights: B, share: 1, preprocess: 'none', classes: [...CSV_CLASS_NAMES], model: undefined },
    ] as const;
    writeEnsembleFile(path, { members, temperature: 1.5, fitted: { images: 3 } });
    const read = readEnsembleFile(path);
    expect(read).toMatchObject({ temperature: 1.5, fitted: { images: 3 } });
    expect(read.members.map(({ weights, share }) => [weights, share])).toEqual([
      [A, 3],
      [B, 1],
    ]);
  });

  it('names its members from where it lies, also the run that it lies in', () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    writeFileSync(join(run, 'events.ndjson'), '');
    saveModel(join(run, 'best.safetensors'), first);
    expect(fromEnsemble(join(folder, 'e.json'), A)).toBe('a.safetensors');
    expect(fromEnsemble(join(run, 'e.json'), A)).toBe(join('..', 'a.safetensors'));
    expect(fromEnsemble(join(run, 'e.json'), 'fer-vgg')).toBe('fer-vgg');
    const own = join(run, 'e.json');
    expect(fromEnsemble(own, run)).toBe('.');
    writeEnsembleFile(own, { members: [{ weights: fromEnsemble(own, run), share: 1 }], temperature: 1 });
    expect(readEnsembleFile(own).members[0]?.weights).toBe(run);
  });

  it.each([
    ['{', 'it cannot be read'],
    ['[]', 'not an ensemble'],
    ['shape: [1, 2]', 'not an ensemble'],
    ['format: x', 'its format is "x"; expected "fer-tui ensemble 1"'],
    ['members: []', 'members: expected a list of networks'],
    ['members: [{share: 1}]', 'member 1: weights: expected the path of a model file'],
    ['members: [{weights: a, share: -1}]', 'member 1: share: expected a number, 0 or more'],
    ['members: [{weights: a, share: 0}]', 'all shares are 0'],
    ['members: [{weights: a, preprocess: x}]', 'member 1: preprocess: expected mean'],
    ['members: [{weights: a, classes: x}]', 'member 1: classes: expected a list of names'],
    ['{members: [{weights: a}], temperature: 0}', 'temperature: expected a number above 0'],
  ])('%s: %s', (text, why) => {
    const bad = join(folder, 'bad.yaml');
    const format = 'format: fer-tui ensemble 1';
    writeFileSync(
      bad,
      text.startsWith('members') ? `${format}\n${text}\n` : text.replace('{m', `{${format}, m`),
    );
    expect(() => readEnsembleFile(bad)).toThrow(why);
  });

  it('is no single network, and no member of another', async () => {
    await expect(openModel(path)).rejects.toThrow('is an ensemble; expected one network, such as one of');
    await expect(openEnsemble([path, A])).rejects.toThrow('give it alone, or its members instead');
  });

  it('has members of the same classes', async () => {
    const other = join(folder, 'other.safetensors');
    saveModel(other, model(24, ['Happy', 'Sad'], 5, 'none'));
    await expect(openEnsemble([A, other])).rejects.toThrow(
      `other.safetensors knows the classes Happy, Sad, but ${A} knows Angry`,
    );
  });

  it('with a share of 0 for a member does not open it', async () => {
    const members = [
      { weights: A, share: 2 },
      { weights: '/nowhere', share: 0 },
    ];
    writeEnsembleFile(path, { members, temperature: 1 });
    const { members: voting } = await openEnsemble(path);
    expect(voting.map(({ share }) => share)).toEqual([1]);
  });
});

it('what is typed about a file of another program leaves files of fer-tui as they are', async () => {
  const h5 = join(folder, 'b.h5');
  await saveH5(h5, second);
  const foreign = {
    preprocess: 'minus1to1',
    classes: CLASS_NAMES.map((name) => name.toUpperCase()),
  } as const;
  const { members } = await openEnsemble([A, h5], foreign);
  expect(members.map(({ saved }) => saved.preprocess.name)).toEqual(['scale255', 'none']);
  expect((await openEnsemble([A], foreign)).members[0].saved.preprocess.name).toBe('minus1to1');
});

describeGpu('a soft vote', (gpu) => {
  const path = join(folder, 'two.json');
  writeEnsembleFile(path, {
    members: [
      { weights: A, share: 3 },
      { weights: B, share: 1 },
    ],
    temperature: 2,
  });
  const { splits } = syntheticFaces(7, 140);

  async function said({ network, weights, preprocess }: SavedModel): Promise<Float32Array> {
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const probabilities = await predictSplit(learner, splits.validation, preprocess);
    await learner.dispose();
    return probabilities;
  }

  it('of networks of other sizes, orders and preprocessing: evaluate and the classifier agree', async () => {
    const turned = await said(second);
    const places = CLASS_NAMES.map((name) => CSV_CLASS_NAMES.indexOf(name));
    const [own, other] = [
      await said(first),
      turned.map((_, i) => turned[i - (i % 7) + (places[i % 7] ?? 0)] ?? 0),
    ];
    const want = tempered(
      own.map((p, i) => 0.75 * p + 0.25 * (other[i] as number)),
      7,
      2,
    );
    const classifier = await Classifier.open(gpu(), path);
    const { images, labels } = splits.validation;
    const got = await classifier.classify(images, labels.length, 48, 48);
    got.forEach((p, i) => {
      expect(p).toBeCloseTo(want[i] as number, 5);
    });
    await classifier.dispose();
    const found = await evaluateWeights({ weights: path, data: 'synthetic:140', split: 'validation' });
    const { loss, accuracy } = probabilityMetrics(want, labels, 7);
    expect(found.loss).toBeCloseTo(loss, 5);
    expect(found.accuracy).toBe(accuracy);
    expect(found.members).toEqual([
      { weights: A, share: 0.75 },
      { weights: B, share: 0.25 },
    ]);
  });
});
