import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Gpu } from '../../src/gpu/device.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import type { NamedArrays } from '../../src/nn/parameters.js';
import { EarlyStopping } from '../../src/train/callbacks/early_stopping.js';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';
import type { TrainPlan } from '../../src/train/plan.js';
import { RunFolder } from '../../src/train/run_folder.js';
import { Trainer } from '../../src/train/trainer.js';
import { describeGpu } from '../helpers/gpu.js';

const dataset = syntheticFaces(3, 70);
const preprocess = { name: 'scale255' } as const;

/** Two epochs of five steps, unless `changes` say otherwise. */
function trainerOn(gpu: Gpu, changes: Partial<TrainPlan> = {}): Trainer {
  const source = new BatchSource(dataset.splits.train, { batchSize: 14, preprocess, shuffle: true });
  const learner = new Learner(gpu, buildModel('fer-shallow'), { seed: 5 });
  const { classes, splits } = dataset;
  return new Trainer(learner, {
    ...{ source, validation: splits.validation, preprocess, classes, epochs: 2, logEvery: 1000 },
    schedule: { name: 'cosine' },
    ...changes,
  });
}

const isA =
  <T extends TrainEvent['type']>(type: T) =>
  (event: TrainEvent): event is Extract<TrainEvent, { type: T }> =>
    event.type === type;

/** Runs a trainer to its end, `onEvent` steering it. */
async function drive(
  trainer: Trainer,
  onEvent: (event: TrainEvent, control: Control) => void,
  begin?: string,
) {
  const control = new Control();
  if (begin === 'paused') control.pause();
  const events: TrainEvent[] = [];
  const folder = RunFolder.create(join(mkdtempSync(join(tmpdir(), 'fer-tui-control-')), 'run'));
  const emit = (event: TrainEvent): void => {
    events.push(event);
    onEvent(event, control);
  };
  const outcome = await trainer.run({ emit, control, folder });
  folder.close();
  return { outcome, events, folder, bits: bitsOf(await trainer.learner.readWeights()) };
}

/** Short enough to be compared and shown. */
function bitsOf(weights: NamedArrays): string[] {
  return [...weights].map(([name, { data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
}

describe('control', () => {
  it('keeps the first reason; a stop after the epoch can become one at once', () => {
    const control = new Control();
    expect([control.pending, control.stopped, control.exit]).toEqual([false, undefined, 0]);
    control.stop('user', 'epoch');
    expect([control.stopped, control.finishing]).toEqual([undefined, 'user']);
    control.stop('sigint');
    control.stop('sigterm');
    expect([control.stopped, control.exit]).toEqual(['sigint', 130]);
  });

  it('keeps only the last rate, and refuses what is none', () => {
    const control = new Control();
    control.setLearningRate(0.5);
    control.ask('validate');
    control.ask('validate');
    control.setLearningRate(0.25);
    expect(control.takeWishes()).toEqual(['validate', { lr: 0.25 }]);
    expect(control.pending).toBe(false);
    expect(() => control.setLearningRate(0)).toThrow('lr = 0: expected a number in (0, 10]');
  });
});

describeGpu('a steered training', (gpu) => {
  it('held, taken step by step, validated and saved in between ends in the bits of one that was not', async () => {
    const plain = await drive(trainerOn(gpu()), () => undefined);
    let steps = 0;
    const steered = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'event' && event.kind === 'pause') control.step();
        if (event.type !== 'step') return;
        steps++;
        if (steps === 1) control.ask('validate');
        if (steps === 2) control.ask('checkpoint');
        if (steps < 3) control.step();
        else control.resume();
      },
      'paused',
    );
    expect(steered.bits).toEqual(plain.bits);
    // Single steps are told one by one, whatever `logEvery` says.
    expect(steered.events.filter(isA('step')).map(({ step }) => step)).toEqual([1, 2, 3]);
    const notes = steered.events.filter(isA('event')).map(({ kind, step }) => [kind, step]);
    expect(notes).toEqual([
      ['pause', 0],
      ['checkpoint', 2],
      ['continue', 3],
    ]);
    const [validation] = steered.events.filter(isA('validation'));
    expect(validation).toMatchObject({ step: 1, epoch: 1 });
    const epochs = steered.events.filter(isA('epoch'));
    expect(epochs.map(({ val }) => val)).toEqual(plain.events.filter(isA('epoch')).map(({ val }) => val));
    expect(epochs[0]?.val?.confusion?.flat().reduce((a, b) => a + b)).toBe(
      dataset.splits.validation.labels.length,
    );
  });

  it('takes a new rate from the next batch on, and so does what resumes from its checkpoint', async () => {
    const change = (event: TrainEvent, control: Control): void => {
      if (event.type === 'event' && event.kind === 'pause') control.step();
      if (event.type !== 'step') return;
      if (event.step === 2) control.setLearningRate(0.02);
      if (event.step < 4) control.step();
      else control.stop('sigint');
    };
    const first = await drive(trainerOn(gpu()), change, 'paused');
    const rates = first.events.filter(isA('step')).map(({ lr }) => lr);
    expect(rates[1]).toBeLessThan(1e-3);
    expect(rates[2]).toBeCloseTo(0.02, 12);
    expect(rates[3]).toBeLessThan(0.02); // the cosine goes on
    expect(first.events.filter(isA('event')).find(({ kind }) => kind === 'lr')).toMatchObject({ step: 2 });

    const resumed = trainerOn(gpu());
    const { learner, trainer } = loadCheckpoint(first.folder.checkpoint);
    resumed.learner.writeState(learner);
    resumed.restore(trainer);
    const second = await drive(resumed, () => undefined);
    const whole = await drive(
      trainerOn(gpu()),
      (event, control) =>
        event.type === 'step' && event.step === 4 ? control.resume() : change(event, control),
      'paused',
    );
    expect(second.bits).toEqual(whole.bits);
  });

  it('that early stopping has ended stays ended', async () => {
    const stopper = () => {
      const callbacks = [new EarlyStopping({ patience: 1, minDelta: 100 })];
      return trainerOn(gpu(), { epochs: 5, callbacks });
    };
    const first = await drive(stopper(), () => undefined);
    expect(first.outcome).toMatchObject({ status: 'early-stop', epochs: 2, steps: 10 });
    const resumed = stopper();
    const { learner, trainer } = loadCheckpoint(first.folder.checkpoint);
    resumed.learner.writeState(learner);
    resumed.restore(trainer);
    const second = await drive(resumed, () => undefined);
    expect(second.outcome).toMatchObject({ status: 'early-stop', epochs: 2, steps: 10 });
    expect(second.bits).toEqual(first.bits);
  });

  it('stops after the batch with a validation, or after the epoch', async () => {
    const now = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'event' && event.kind === 'pause') control.stop('user');
      },
      'paused',
    );
    expect(now.outcome).toMatchObject({ status: 'stopped', epochs: 0, steps: 0 });
    expect(now.events.filter(isA('validation'))).toHaveLength(1);

    let asked = false;
    const later = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'event' && event.kind === 'pause') {
          control.stop('user', 'epoch');
          control.resume();
          asked = true;
        }
      },
      'paused',
    );
    expect(asked).toBe(true);
    expect(later.outcome).toMatchObject({ status: 'stopped', epochs: 1, steps: 5 });
    expect(later.events.filter(isA('validation'))).toHaveLength(0);
  });
});
