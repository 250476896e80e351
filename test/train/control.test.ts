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
import type { Callback } from '../../src/train/callbacks/callback.js';
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
  const learner = new Learner(gpu, buildModel('fer-shallow', { filters: [4], dense: [8] }), { seed: 5 });
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
  if (begin === 'finishing') control.stop('user', 'epoch');
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
    expect(control.takeRequests()).toEqual(['validate', { lr: 0.25 }]);
    expect(control.pending).toBe(false);
    expect(() => control.setLearningRate(0)).toThrow('lr = 0: expected a number in (0, 10]');
  });

  it('pauses with a single step, and forgets single steps that were not taken when it continues', () => {
    const control = new Control();
    control.step();
    control.step();
    expect([control.paused, control.takeStep()]).toEqual([true, true]);
    control.resume();
    control.pause();
    expect([control.paused, control.takeStep()]).toEqual([true, false]);
  });
});

it('goes on where a paused training is to stop after the epoch, which it could not finish otherwise', () => {
  const control = new Control();
  control.step();
  control.stop('user', 'epoch');
  expect([control.paused, control.takeStep(), control.finishing]).toEqual([false, false, 'user']);
});

describeGpu('a steered training', (gpu) => {
  it('held, taken step by step, validated and saved in between ends in the bits of one that was not', async () => {
    const plain = await drive(trainerOn(gpu()), () => undefined);
    let steps = 0;
    const steered = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'note' && event.kind === 'pause') control.step();
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
    const notes = steered.events.filter(isA('note')).map(({ kind, step }) => [kind, step]);
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

  it('says that it has saved weights when it is stopped, but not before the first step', async () => {
    const stopAt = async (step: number): Promise<string | undefined> => {
      const { events } = await drive(
        trainerOn(gpu()),
        (event, control) => {
          if (event.type === 'note' && event.kind === 'pause' && step === 1) control.step();
          else control.stop('user');
        },
        'paused',
      );
      return events.filter(isA('note')).at(-1)?.message;
    };
    expect(await stopAt(0)).toBe('stopped before the first step');
    expect(await stopAt(1)).toBe('stopped after the batch; the last weights are saved');
  });

  it('takes a new rate from the next batch on, and so does what resumes from its checkpoint', async () => {
    const change = (event: TrainEvent, control: Control): void => {
      if (event.type === 'note' && event.kind === 'pause') control.step();
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
    expect(first.events.filter(isA('note')).find(({ kind }) => kind === 'lr')).toMatchObject({ step: 2 });

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
    // The epoch that was cut is told as a whole: its means are over all its steps.
    const told = (events: readonly TrainEvent[]) =>
      events.filter(isA('epoch')).map(({ train, val }) => [train, val]);
    expect(told(second.events)).toEqual(told(whole.events));
  });

  it('has a new rate in a checkpoint at once, so that a crash in the next step does not lose it', async () => {
    const control = new Control();
    const crash: Callback = {
      onTrainBatchEnd: (step) => {
        if (step === 1) control.setLearningRate(0.02);
        else throw new Error('a crash');
      },
    };
    const folder = RunFolder.create(join(mkdtempSync(join(tmpdir(), 'fer-tui-control-')), 'run'));
    const trainer = trainerOn(gpu(), { schedule: { name: 'constant' }, callbacks: [crash] });
    await expect(trainer.run({ emit: () => undefined, control, folder })).rejects.toThrow('a crash');
    folder.close();
    const { learner, trainer: saved } = loadCheckpoint(folder.checkpoint);
    expect([learner.stepCount, saved.rate]).toEqual([1, 0.02]);
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

  it('says that it is paused, also when the request comes while another is carried out', async () => {
    const { events, outcome } = await drive(trainerOn(gpu()), (event, control) => {
      if (event.type === 'epoch' && event.epoch === 1) control.setLearningRate(1e-4);
      if (event.type !== 'note') return;
      if (event.kind === 'lr') control.pause(); // the checkpoint with the new rate is not saved yet
      if (event.kind === 'pause') control.resume();
    });
    expect(outcome.status).toBe('finished');
    expect(events.filter(isA('note')).map(({ kind, step }) => [kind, step])).toEqual([
      ['lr', 5],
      ['pause', 5],
      ['continue', 5],
    ]);
  });

  it('stops after the batch with a validation, or after the epoch', async () => {
    const now = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'note' && event.kind === 'pause') control.stop('user');
      },
      'paused',
    );
    expect(now.outcome).toMatchObject({ status: 'stopped', epochs: 0, steps: 0 });
    expect(now.events.filter(isA('validation'))).toHaveLength(1);

    let asked = false;
    const later = await drive(
      trainerOn(gpu()),
      (event, control) => {
        if (event.type === 'note' && event.kind === 'pause') {
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

  it('finishes its first epoch where the request to stop after it comes before the first step', async () => {
    const { outcome, events } = await drive(trainerOn(gpu()), () => undefined, 'finishing');
    expect(outcome).toMatchObject({ status: 'stopped', epochs: 1, steps: 5 });
    expect(events.filter(isA('epoch'))).toHaveLength(1);
    expect(events.filter(isA('note')).map(({ message }) => message)).toEqual([
      'stopped after the epoch; the last weights are saved',
    ]);
  });
});

describeGpu('a request to stop that comes too late', (gpu) => {
  it('leaves a training finished whose last epoch is complete', async () => {
    const { outcome, events } = await drive(trainerOn(gpu()), (event, control) => {
      if (event.type === 'epoch' && event.epoch === 2) control.stop('sigint');
    });
    expect(outcome).toMatchObject({ status: 'finished', epochs: 2, steps: 10 });
    expect(events.filter(isA('note')).filter(({ kind }) => kind === 'stopping')).toEqual([]);
  });

  it('leaves one finished that is out of steps, with the validation of its last epoch', async () => {
    const { outcome, events } = await drive(
      trainerOn(gpu(), { maxSteps: 7, logEvery: 1 }),
      (event, control) => {
        if (event.type === 'step' && event.step === 7) control.stop('user');
      },
    );
    expect(outcome).toMatchObject({ status: 'finished', epochs: 1, stepInEpoch: 2 });
    expect(events.filter(isA('epoch')).map(({ steps, val }) => [steps, val !== undefined])).toEqual([
      [undefined, true],
      [2, true],
    ]);
  });
});

describeGpu("callbacks of one's own", (gpu) => {
  /** Writes down every hook that is called. */
  const witness = (calls: string[]): Callback => ({
    onTrainBegin: ({ epoch }) => void calls.push(`train begins after ${epoch} epochs`),
    onEpochBegin: (epoch) => void calls.push(`epoch ${epoch} begins`),
    onTrainBatchEnd: (step) => void calls.push(`step ${step}`),
    onEpochTrained: (epoch) => void calls.push(`epoch ${epoch} trained`),
    onEpochEnd: (epoch, logs) => void calls.push(`epoch ${epoch} ends with ${Object.keys(logs).sort()}`),
    onTrainEnd: ({ step }) => void calls.push(`train ends after ${step} steps`),
  });
  const steps = (...of: number[]): string[] => of.map((step) => `step ${step}`);
  const logs = 'acc,loss,val_acc,val_loss,val_macro_f1';

  it('hear of everything, in order', async () => {
    const calls: string[] = [];
    await drive(trainerOn(gpu(), { callbacks: [witness(calls)] }), () => undefined);
    expect(calls).toEqual([
      'train begins after 0 epochs',
      ...['epoch 1 begins', ...steps(1, 2, 3, 4, 5), 'epoch 1 trained', `epoch 1 ends with ${logs}`],
      ...['epoch 2 begins', ...steps(6, 7, 8, 9, 10), 'epoch 2 trained', `epoch 2 ends with ${logs}`],
      'train ends after 10 steps',
    ]);
  });

  it('of an epoch that a limit cuts short hear no end of its training, but of its validation', async () => {
    const calls: string[] = [];
    await drive(trainerOn(gpu(), { maxSteps: 3, callbacks: [witness(calls)] }), () => undefined);
    expect(calls.slice(1)).toEqual([
      ...['epoch 1 begins', ...steps(1, 2, 3), `epoch 1 ends with ${logs}`],
      'train ends after 3 steps',
    ]);
  });

  it('stop training, and change its rate from the next step on', async () => {
    const halving: Callback = {
      onEpochEnd: (epoch, _, training) => {
        training.learningRate /= 2;
        if (epoch === 2) training.stop();
      },
    };
    const changes = { epochs: 5, logEvery: 1, schedule: { name: 'constant' }, callbacks: [halving] } as const;
    const { outcome, events } = await drive(trainerOn(gpu(), changes), () => undefined);
    expect(outcome).toMatchObject({ status: 'early-stop', epochs: 2, steps: 10 });
    expect(events.filter(isA('step')).map(({ lr }) => lr)).toEqual([
      ...Array<number>(5).fill(1e-3),
      ...Array<number>(5).fill(5e-4),
    ]);
  });

  it('have a state that a resumed training goes on with', async () => {
    const counter = (): Callback & { state: number } => ({
      name: 'counter',
      state: 0,
      onTrainBatchEnd() {
        this.state++;
      },
    });
    const first = await drive(trainerOn(gpu(), { maxSteps: 3, callbacks: [counter()] }), () => undefined);
    const second = counter();
    const resumed = trainerOn(gpu(), { callbacks: [second] });
    const { learner, trainer } = loadCheckpoint(first.folder.checkpoint);
    expect(trainer.callbacks['counter']).toBe(3);
    resumed.learner.writeState(learner);
    resumed.restore(trainer);
    await drive(resumed, () => undefined);
    expect(second.state).toBe(10);
  });

  it('end training when they throw, and need names of their own', async () => {
    const broken: Callback = { onEpochEnd: () => Promise.reject(new Error('no')) };
    await expect(drive(trainerOn(gpu(), { callbacks: [broken] }), () => undefined)).rejects.toThrow('no');
    const twin = { name: 'a', state: 1 };
    expect(() => trainerOn(gpu(), { callbacks: [twin, twin] })).toThrow('two callbacks are named "a"');
  });
});
