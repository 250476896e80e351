import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { recorded } from '../../src/train/assemble.js';
import { resolveConfig } from '../../src/train/config.js';
import { predictSplit } from '../../src/train/evaluation.js';
import type { TrainEvent } from '../../src/train/events.js';
import { probabilityMetrics } from '../../src/train/metrics.js';
import { saveModel } from '../../src/train/model_file.js';
import { reviewRun } from '../../src/train/run_review.js';
import { settingsOf, trainOptions } from '../../src/train/run_settings.js';
import { findRun } from '../../src/train/runs.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

const review = (parent: string, name: string, data?: string) => reviewRun(findRun(name, parent), { data });

describe('the review of a run', () => {
  it('says why there are no weights and no evaluation', async () => {
    const parent = runsFolder();
    writeRun(parent, 'a');
    const { weights, evaluation, epoch, sessions } = await review(parent, 'a');
    expect(weights).toEqual({ missing: expect.stringContaining('a run saves them after its first epoch') });
    expect(evaluation).toEqual(weights);
    expect([epoch?.epoch, sessions.length]).toEqual([3, 1]);
  });

  it.each([
    ['empty', [], '', 'its log is empty'],
    ['damaged at once', [], 'nonsense\n', 'its log is damaged from the first line on'],
    ['without a start', fakeEnd(), '', 'its log is empty'],
  ] as const)('cannot be made of a log that is %s', async (_, events, rest, why) => {
    const parent = runsFolder();
    writeRun(parent, 'a', { events, rest });
    await expect(review(parent, 'a')).rejects.toThrow(why);
  });

  it('takes the settings from config.json, and from the log where that is damaged', async () => {
    const parent = runsFolder();
    writeRun(parent, 'a', { files: { 'config.json': '{"batch": 5}' } });
    writeRun(parent, 'b', { files: { 'config.json': '{"bat' } });
    expect((await review(parent, 'a')).config).toEqual({ batch: 5 });
    expect((await review(parent, 'b')).config).toMatchObject({ batch: 28 });
  });

  it('keeps the sessions and what happened on the way', async () => {
    const [start, ...rest] = fakeEvents({ epochs: 1 });
    const note = (kind: 'lr' | 'compile', message: string): TrainEvent => ({ type: 'note', kind, message });
    const error: TrainEvent = { type: 'error', message: 'the loss is not finite', exit: 6 };
    const parent = runsFolder();
    const events = [
      start as TrainEvent,
      note('compile', 'x'),
      note('lr', 'slower'),
      ...rest,
      start as TrainEvent,
      error,
    ];
    writeRun(parent, 'a', { events });
    const { sessions, incidents } = await review(parent, 'a');
    expect(sessions).toHaveLength(2);
    expect(incidents).toEqual([
      { epochs: 0, kind: 'lr', message: 'slower' },
      { epochs: 1, kind: 'error', message: 'the loss is not finite' },
    ]);
  });

  it('tells what is wrong with damaged weights', async () => {
    const parent = runsFolder();
    const path = writeRun(parent, 'a');
    writeFileSync(join(path, 'best.safetensors'), 'nonsense');
    const { weights } = await review(parent, 'a');
    expect(weights).toEqual({ missing: expect.stringContaining('best.safetensors') });
  });
});

describeGpu('the review of a run with weights', (gpu) => {
  const network = buildModel('fer-shallow', { filters: [4], dense: [8] });
  const saved = {
    ...{ network, classes: CLASS_NAMES, weights: randomWeights(network), notes: {} },
    preprocess: { name: 'scale255' as const },
  };
  const [start, ...rest] = fakeEvents();
  const withData = (data: string): TrainEvent[] => [
    { ...start, config: { data, seed: 3 } } as TrainEvent,
    ...rest,
    ...fakeEnd(),
  ];

  it('measures them on the validation images of the run', async () => {
    const parent = runsFolder();
    const path = writeRun(parent, 'a', { events: withData('synthetic:35') });
    saveModel(join(path, 'last.safetensors'), saved);
    const { weights, evaluation, epoch } = await review(parent, 'a');
    if (!('value' in weights) || !('value' in evaluation)) throw new Error(JSON.stringify(evaluation));
    expect(weights.value).toMatchObject({ file: 'last.safetensors', classes: CLASS_NAMES });
    expect(epoch?.epoch).toBe(3);

    const { validation } = (await loadDataset('synthetic:35', { seed: 3 })).splits;
    const learner = new Learner(gpu(), network);
    learner.writeWeights(saved.weights);
    const probabilities = await predictSplit(learner, validation, saved.preprocess);
    await learner.dispose();
    expect(evaluation.value).toMatchObject({
      ...probabilityMetrics(probabilities, validation.labels, 7),
      count: validation.labels.length,
    });

    const { mistakes, wrong, accuracy, count } = evaluation.value;
    expect(wrong).toBe(Math.round((1 - accuracy) * count));
    const confidences = mistakes.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    for (const { index, label, predicted, confidence, own, picture } of mistakes) {
      expect([label, predicted === label]).toEqual([validation.labels[index], false]);
      expect([confidence, own]).toEqual([
        probabilities[index * 7 + predicted],
        probabilities[index * 7 + label],
      ]);
      expect(picture.data).toEqual(validation.images.slice(index * 48 * 48, (index + 1) * 48 * 48));
    }
  });

  it('finds the data elsewhere, or says why it cannot', async () => {
    const parent = runsFolder();
    const path = writeRun(parent, 'a', { events: withData('/nowhere/fer2013.csv') });
    saveModel(join(path, 'best.safetensors'), saved);
    expect((await review(parent, 'a')).evaluation).toEqual({
      missing: expect.stringContaining('/nowhere/fer2013.csv: there is no such file'),
    });
    expect((await review(parent, 'a', 'synthetic:14')).evaluation).toHaveProperty('value');
  });
});

describe('the command of a run', () => {
  it.each([
    ['defaults', {}, 'fer-tui train'],
    ['numbers and words', { epochs: 3, model: 'fer-vgg' }, 'fer-tui train --model fer-vgg --epochs 3'],
    [
      'switches',
      { nesterov: true, optimizer: 'sgd', momentum: 0.9, shuffle: false, out: 'x' },
      'fer-tui train --optimizer sgd --momentum 0.9 --nesterov --no-shuffle',
    ],
    ['sizes of layers', { filters: '8,16' }, 'fer-tui train --filters 8,16'],
    [
      'words for a shell',
      { data: "my faces/it's $HOME" },
      String.raw`fer-tui train --data 'my faces/it'\''s $HOME'`,
    ],
  ])('names what differs: %s', (_, config, command) => {
    expect(['fer-tui train', ...trainOptions(recorded(resolveConfig(config)))].join(' ')).toBe(command);
  });

  it('keeps the settings of other versions apart', () => {
    const all = settingsOf({ model: 'fer-old', epochs: 50, batchSize: 9, clipNorm: null });
    expect(all.find(({ name }) => name === 'model')).toMatchObject({ value: 'fer-old', unknown: false });
    expect(all.at(-1)).toEqual({ name: 'batchSize', value: 9, default: undefined, unknown: true });
    expect(all.map(({ name }) => name)).not.toContain('clip-norm');
    expect(trainOptions({ model: 'fer-old', batchSize: 9 })).toEqual(['--model fer-old']);
  });
});
