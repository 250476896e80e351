import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import type { Split } from '../../src/data/types.js';
import type { Gpu } from '../../src/gpu/device.js';
import { BatchNormalization, Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { sgd } from '../../src/nn/optimizers.js';
import type { NamedArrays } from '../../src/nn/parameters.js';
import type { Training } from '../../src/train/callbacks/callback.js';
import { EarlyStopping } from '../../src/train/callbacks/early_stopping.js';
import { ModelCheckpoint } from '../../src/train/callbacks/model_checkpoint.js';
import { ReduceLROnPlateau } from '../../src/train/callbacks/reduce_lr_on_plateau.js';
import { WeightAveraging } from '../../src/train/callbacks/weight_averaging.js';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { Control } from '../../src/train/control.js';
import { evaluateSplit, predictSplit } from '../../src/train/evaluation.js';
import type { EpochEvent, StepEvent, TrainEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import type { TrainPlan } from '../../src/train/plan.js';
import { RunFolder } from '../../src/train/run_folder.js';
import { Trainer } from '../../src/train/trainer.js';
import { someSplit } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';

const preprocess = { name: 'scale255' } as const;
const CLASSES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const part = ({ images, labels }: Split, from: number, to: number): Split => ({
  images: images.subarray(from * 2304, to * 2304),
  labels: labels.subarray(from, to),
});
const faces = someSplit(93);
/** Of 10 images at 4 a batch the last batch has two; of the 83 for validation, at 64 a batch, the last has 19. */
const [training, validation] = [part(faces, 0, 10), part(faces, 10, 93)];
const network = () =>
  new Sequential('small', [48, 48, 1], [Flatten(), Dense({ units: 7 }), BatchNormalization(), Softmax()]);

function trainerOn(gpu: Gpu, plan: Partial<TrainPlan> = {}, options: LearnerOptions = {}): Trainer {
  const source = new BatchSource(training, { batchSize: 4, preprocess, shuffle: true });
  const learner = new Learner(gpu, network(), { optimizer: sgd({ learningRate: 0.05 }), ...options });
  return new Trainer(learner, {
    ...{ source, validation, preprocess, classes: CLASSES, epochs: 3, logEvery: 1, ...plan },
  });
}

/** Trains in a folder of its own, or goes on in one. `onEvent` may steer; it may begin paused. */
async function run(
  trainer: Trainer,
  onEvent: (event: TrainEvent, control: Control) => void = () => undefined,
  paused = false,
) {
  const control = new Control();
  if (paused) control.pause();
  const folder = RunFolder.create(join(mkdtempSync(join(tmpdir(), 'fer-tui-trainer-')), 'run'));
  const events: TrainEvent[] = [];
  const emit = (event: TrainEvent): void => {
    events.push(event);
    onEvent(event, control);
  };
  try {
    const outcome = await trainer.run({ emit, control, folder });
    const epochs = events.filter((event): event is EpochEvent => event.type === 'epoch');
    const steps = events.filter((event): event is StepEvent => event.type === 'step');
    return { outcome, events, epochs, steps, folder };
  } finally {
    folder.close();
  }
}
const saved = (path: string): NamedArrays => loadModel(path).weights;
/** What an epoch's event says that does not depend on the clock. */
const numbers = ({ epoch, train, val, lr, best }: EpochEvent) => ({ epoch, train, val, lr, best });

describeGpu('a training', (gpu) => {
  it("counts every image alike: an epoch's loss and accuracy, and those of validation", async () => {
    const trainer = trainerOn(gpu());
    const { epochs, steps, outcome } = await run(trainer);
    expect(steps.map(({ step, epoch, stepInEpoch, of }) => [step, epoch, stepInEpoch, of])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, Math.ceil(n / 3), ((n - 1) % 3) + 1, 3]),
    );
    const gradient = [...(await trainer.learner.readGradients()).values()].flatMap(({ data }) => [...data]);
    expect(steps.at(-1)?.gradientNorm).toBeCloseTo(Math.hypot(...gradient), 4);
    expect(steps.every(({ gradientNorm = 0 }) => gradientNorm > 0)).toBe(true);
    const images = [4, 4, 2];
    for (const [i, { train }] of epochs.entries()) {
      const mean = (value: 'loss' | 'acc') =>
        images.reduce((sum, n, k) => sum + n * (steps[3 * i + k]?.[value] ?? Number.NaN), 0) / 10;
      expect(train.loss).toBeCloseTo(mean('loss'), 9);
      expect(train.acc).toBeCloseTo(mean('acc'), 9);
    }
    // The last validation once more, image by image.
    const p = await predictSplit(trainer.learner, validation, preprocess);
    let [loss, correct] = [0, 0];
    validation.labels.forEach((label, i) => {
      const row = p.subarray(7 * i, 7 * i + 7);
      loss -= Math.log(row[label] as number) / 83;
      correct += Number(row.indexOf(Math.max(...row)) === label);
    });
    const val = epochs.at(-1)?.val;
    expect(val?.loss).toBeCloseTo(loss, 4);
    expect(val?.acc).toBeCloseTo(correct / 83, 9);
    expect(val?.confusion?.map((row) => row.reduce((a, b) => a + b))).toEqual(
      CLASSES.map((_, c) => validation.labels.filter((label) => label === c).length),
    );
    expect(val?.recall).toEqual(val?.confusion?.map((row, c) => (row[c] ?? 0) / row.reduce((a, b) => a + b)));
    const accuracies = epochs.map((epoch) => epoch.val?.acc ?? 0);
    const first = accuracies.indexOf(Math.max(...accuracies));
    expect(outcome).toMatchObject({ status: 'finished', epochs: 3, steps: 9, bestEpoch: first + 1 });
    expect(outcome.bestValAcc).toBe(accuracies[first]);
  });

  it('keeps the best and the last weights, and every epoch where that is asked for', async () => {
    const checkpoint = new ModelCheckpoint({ monitor: 'loss', mode: 'max' });
    const { epochs, folder } = await run(trainerOn(gpu(), { checkpoint }));
    const files = readdirSync(join(folder.path, 'epochs')).sort();
    expect(files).toEqual(['epoch-0001.safetensors', 'epoch-0002.safetensors', 'epoch-0003.safetensors']);
    const losses = epochs.map(({ train }) => train.loss);
    const best = losses.indexOf(Math.max(...losses));
    expect(epochs.map((epoch) => epoch.best)).toEqual(
      losses.map((loss, i) => losses.slice(0, i).every((before) => loss > before)),
    );
    expect(epochs.some((epoch) => !epoch.best)).toBe(true);
    expect(saved(folder.best)).toEqual(saved(join(folder.path, 'epochs', files[best] ?? '')));
    expect(saved(folder.last)).toEqual(saved(join(folder.path, 'epochs', files[2] ?? '')));
    expect(saved(folder.best)).not.toEqual(saved(folder.last));
    expect(loadModel(folder.last).notes).toEqual({ run: 'run', step: '9' });
  });

  it.each([true, false])('that stops early restores the best weights, if asked: %s', async (restore) => {
    // The first epoch is the best: a later one would have to be better by far.
    const earlyStopping = new EarlyStopping({
      ...{ monitor: 'loss', minDelta: 100, patience: 2, restoreBestWeights: restore },
    });
    const checkpoint = new ModelCheckpoint({ monitor: 'loss' });
    const trainer = trainerOn(gpu(), { epochs: 9, checkpoint, callbacks: [earlyStopping] });
    const { outcome, folder } = await run(trainer);
    expect(outcome).toMatchObject({ status: 'early-stop', epochs: 3 });
    const epoch = (n: number) => saved(join(folder.path, 'epochs', `epoch-000${n}.safetensors`));
    expect(epoch(1)).not.toEqual(epoch(3));
    expect(saved(folder.last)).toEqual(epoch(restore ? 1 : 3));
    expect(await trainer.learner.readWeights()).toEqual(epoch(restore ? 1 : 3));
  });

  it.each<[string, Partial<TrainPlan>, LearnerOptions]>([
    ['moving', {}, { ema: 0.5 }],
    ['equal', { callbacks: [new WeightAveraging(2)] }, { swa: true }],
  ])('validates and saves the %s average of its weights, and trains on without it', async (_, plan, options) => {
    const averaged = trainerOn(gpu(), plan, options);
    const { epochs, steps, folder } = await run(averaged);
    const average = await averaged.learner.withAverage(() => averaged.learner.readWeights());
    expect(saved(folder.last)).toEqual(average);
    expect(average).not.toEqual(await averaged.learner.readWeights());
    const plain = trainerOn(gpu());
    const other = await run(plain);
    expect(steps.map(({ loss }) => loss)).toEqual(other.steps.map(({ loss }) => loss));
    plain.learner.writeWeights(average);
    const want = await evaluateSplit(plain.learner, validation, preprocess);
    expect(epochs.at(-1)?.val?.loss).toBeCloseTo(want.loss, 5);
    expect(epochs.at(-1)?.val?.loss).not.toBe(other.epochs.at(-1)?.val?.loss);
    // The equal one begins with epoch 2.
    const alike = epochs.map(({ val }, i) => val?.loss === other.epochs[i]?.val?.loss);
    expect(alike).toEqual([options.swa === true, false, false]);
  });

  it('ends at once where the loss is no number, with the step', async () => {
    const trainer = trainerOn(gpu(), {}, { optimizer: sgd({ learningRate: 1e38 }) });
    await expect(run(trainer)).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringMatching(/^training diverged: the loss of step [2-9] is (NaN|Infinity)/),
    });
  });

  it('keeps the checkpoint before the step that broke the weights, which only the next loss would show', async () => {
    const breaks = {
      onTrainBatchEnd: (step: number, training: Training) => {
        if (step === 2) training.learningRate = 1e39; // infinite in float32
      },
    };
    // Three steps: none follows the last one. A checkpoint after each.
    const trainer = trainerOn(gpu(), { epochs: 1, checkpointSeconds: 0, callbacks: [breaks] });
    const folder = RunFolder.create(join(mkdtempSync(join(tmpdir(), 'fer-tui-trainer-')), 'run'));
    try {
      await expect(
        trainer.run({ emit: () => undefined, control: new Control(), folder }),
      ).rejects.toMatchObject({
        exitCode: 6,
        message: expect.stringMatching(/^training diverged: .* is not finite after step 3;/),
      });
      expect(loadCheckpoint(folder.checkpoint).learner.stepCount).toBe(2);
    } finally {
      folder.close();
    }
  });

  it('stopped within an epoch goes on with its sums, its callbacks and its rate, to the same bits', async () => {
    const trainer = () =>
      trainerOn(gpu(), {
        epochs: 4,
        schedule: { name: 'cosine' },
        callbacks: [
          new ReduceLROnPlateau({ monitor: 'loss', factor: 0.5, patience: 1, minDelta: 100, cooldown: 2 }),
          new EarlyStopping({ monitor: 'loss', patience: 3, minDelta: 100 }),
        ],
      });
    const whole = await run(trainer());
    // After step 8, the second of the third epoch.
    const first = await run(trainer(), (event, control) => {
      if (event.type === 'epoch' && event.epoch === 2) control.pause();
      if (event.type === 'note' && event.kind === 'pause') control.step();
      if (event.type === 'step' && event.step === 7) control.step();
      if (event.type === 'step' && event.step === 8) control.stop('sigint');
    });
    expect(first.outcome).toMatchObject({ status: 'stopped', epochs: 2, steps: 8 });
    const resumed = trainer();
    const kept = loadCheckpoint(first.folder.checkpoint);
    expect(kept.trainer).toMatchObject({ epoch: 2, index: 2, sums: { count: 8 } });
    resumed.learner.writeState(kept.learner);
    resumed.restore(kept.trainer);
    const second = await run(resumed);
    expect([...first.epochs, ...second.epochs].map(numbers)).toEqual(whole.epochs.map(numbers));
    expect(saved(second.folder.last)).toEqual(saved(whole.folder.last));
    expect(second.outcome.seconds).toBeGreaterThan(kept.trainer.seconds);
    const { seconds: _, ...outcome } = whole.outcome;
    expect(second.outcome).toMatchObject(outcome);
    const rates = whole.epochs.map(({ lr }) => lr);
    const cosine = (step: number) => 0.05 * 0.5 * (1 + Math.cos((Math.PI * step) / 12));
    // It falls after epoch 2; the cooldown keeps epoch 3, in which training was stopped, from counting.
    for (const [i, factor] of [1, 1, 0.5, 0.5].entries())
      expect((rates[i] ?? 0) / cosine(3 * i + 2), `epoch ${i + 1}`).toBeCloseTo(factor, 9);
  });

  it('takes a rate by hand where the schedule has fallen to zero, and stays there', async () => {
    const plan = { epochs: 2, schedule: { name: 'exponential', gamma: 0 } } as const;
    const { steps, events, folder } = await run(
      trainerOn(gpu(), plan),
      (event, control) => {
        if (event.type === 'note' && event.kind === 'pause') control.step();
        if (event.type !== 'step') return;
        if (event.step === 2) control.setLearningRate(0.02);
        if (event.step < 3) control.step();
        else control.resume();
      },
      true,
    );
    expect(steps.map(({ lr }) => lr)).toEqual([0.05, 0, 0, 0, 0, 0]);
    expect(events).toContainEqual({
      ...{ type: 'note', kind: 'lr', step: 2, lr: 0.02, message: 'learning rate 0 -> 0.02, by hand' },
    });
    expect(loadCheckpoint(folder.checkpoint).trainer.rate).toBe(0.02);
  });

  it('without validation images names its best epoch by training accuracy, and says so when asked', async () => {
    const none = { images: new Uint8Array(0), labels: new Uint8Array(0) };
    const { epochs, outcome, events } = await run(
      trainerOn(gpu(), { validation: none }),
      (event, control) => {
        if (event.type === 'step' && event.step === 2) control.ask('validate');
      },
    );
    expect(epochs.map(({ val }) => val)).toEqual([undefined, undefined, undefined]);
    const accuracies = epochs.map(({ train }) => train.acc);
    expect(outcome.bestEpoch).toBe(accuracies.indexOf(Math.max(...accuracies)) + 1);
    expect(outcome.bestValAcc).toBeNull();
    const notes = events.filter((event) => event.type === 'note' && event.kind === 'validate');
    expect(notes).toMatchObject([{ message: 'there are no validation images' }]);
    expect(events.some((event) => event.type === 'validation')).toBe(false);
  });
});
