import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import type { Gpu } from '../../src/gpu/device.js';
import { Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import type { Callback } from '../../src/train/callbacks/callback.js';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';
import type { RunContext, TrainPlan } from '../../src/train/plan.js';
import { RunFolder } from '../../src/train/run_folder.js';
import { Trainer } from '../../src/train/trainer.js';
import { someSplit } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';

const preprocess = { name: 'scale255' } as const;
const CLASSES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const training = someSplit(10);

/** What the trainer's clock shows, in milliseconds. It stands still but for `pass`. */
let now = 0;
const pass = (ms: number): void => {
  now += ms;
};
afterEach(() => {
  vi.restoreAllMocks();
});

interface Sizes {
  /** Images a step, and how long it takes. */
  readonly batch: number;
  readonly stepMs: number;
  /** Whether there are images for validation; default true. */
  readonly validated?: boolean;
  /** Whether every step is told; default true. */
  readonly logged?: boolean;
}

/** Trains on 10 images with the clock above. A batch of the validation, of which there are two, takes half a second. */
async function run(
  gpu: Gpu,
  { batch, stepMs, validated = true, logged = true }: Sizes,
  plan: Partial<TrainPlan> = {},
  {
    onEvent = () => undefined,
    until,
    begin,
  }: {
    onEvent?: (event: TrainEvent, control: Control) => void;
    until?: RunContext['until'];
    begin?: (trainer: Trainer) => void;
  } = {},
) {
  const network = new Sequential('small', [48, 48, 1], [Flatten(), Dense({ units: 7 }), Softmax()]);
  const learner = new Learner(gpu, network);
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const evaluate = learner.evaluate.bind(learner);
  vi.spyOn(learner, 'evaluate').mockImplementation(async (...args) => {
    pass(500);
    await evaluate(...args);
  });
  const timed: Callback = { onTrainBatchEnd: () => pass(stepMs) };
  const { callbacks = [], ...rest } = plan;
  const trainer = new Trainer(learner, {
    source: new BatchSource(training, { batchSize: batch, preprocess }),
    validation: someSplit(validated ? 83 : 0),
    ...{ preprocess, classes: CLASSES, epochs: 4, ...(logged && { logEvery: 1 }), ...rest },
    callbacks: [...callbacks, timed],
  });
  begin?.(trainer);
  const control = new Control();
  const folder = RunFolder.create(join(mkdtempSync(join(tmpdir(), 'fer-tui-times-')), 'run'));
  const events: TrainEvent[] = [];
  const emit = (event: TrainEvent): void => {
    events.push(event);
    onEvent(event, control);
  };
  const outcome = await trainer.run({ emit, control, folder, until });
  folder.close();
  const kept = loadCheckpoint(folder.checkpoint).trainer;
  trainer.dispose();
  await learner.dispose();
  return {
    ...{ outcome, events, kept },
    steps: events.filter((event) => event.type === 'step'),
    epochs: events.filter((event) => event.type === 'epoch'),
    notes: events.filter((event) => event.type === 'note'),
  };
}

describeGpu('the times of a training', (gpu) => {
  it('are those of steps and validations: so far, of the epoch, and left', async () => {
    // Three steps of a second and a validation of one.
    const { steps, epochs, outcome, kept } = await run(gpu(), { batch: 4, stepMs: 1000 });
    expect(steps.map(({ elapsedS }) => elapsedS)).toEqual([1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]);
    expect(epochs.map(({ elapsedS, seconds }) => [elapsedS, seconds])).toEqual([
      [4, 4],
      [8, 4],
      [12, 4],
      [16, 4],
    ]);
    // The first five steps are not timed.
    expect(steps.map(({ imgPerS }) => imgPerS)).toEqual([0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4]);
    expect(steps.slice(0, 5).map(({ etaS }) => etaS)).toEqual([null, null, null, null, null]);
    const left = [2, 3].map((epoch) => epochs[epoch - 1]?.etaS);
    expect(left).toEqual([6 + 2, 3 + 1]);
    // After step 7 there are five, and the validations of epochs 3 and 4; after step 11 one, and that of epoch 4.
    expect([7, 8, 11].map((step) => steps[step - 1]?.etaS)).toEqual([5 + 2, 4 + 2, 1 + 1]);
    // The validation of an epoch follows its last step.
    expect([6, 9, 12].map((step) => steps[step - 1]?.etaS)).toEqual([6 + 3, 3 + 2, 0 + 1]);
    expect(epochs[3]?.etaS).toBe(0);
    expect([outcome.seconds, kept.seconds]).toEqual([16, 16]);
  });

  it('count down to a limit on steps, and no validation where there is none', async () => {
    const limited = await run(gpu(), { batch: 4, stepMs: 1000 }, { maxSteps: 8 });
    expect(limited.steps.map(({ etaS }) => etaS).slice(6)).toEqual([1 + 1, 0 + 1]);
    expect(limited.epochs.map(({ steps }) => steps)).toEqual([undefined, undefined, 2]);
    expect(limited.epochs[2]?.etaS).toBe(0);
    const blind = await run(gpu(), { batch: 4, stepMs: 1000, validated: false });
    expect(blind.steps.map(({ etaS }) => etaS).slice(6)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(blind.outcome.seconds).toBe(12);
  });

  it('estimate the first validation from its images', async () => {
    // Ten steps of three seconds, with an image each. Until a validation of 83 is timed, an image counts as a third of a step.
    const { steps, epochs } = await run(gpu(), { batch: 1, stepMs: 3000 }, { epochs: 2 });
    const etas = [7, 10].map((step) => steps[step - 1]?.etaS ?? Number.NaN);
    for (const [i, left] of [39 + 2 * 83, 30 + 2 * 83].entries()) expect(etas[i]).toBeCloseTo(left, 9);
    expect(epochs[0]?.etaS).toBe(30 + 1);
  });

  it('do not count a pause, which is told in seconds, nor requests', async () => {
    const onEvent = (event: TrainEvent, control: Control): void => {
      if (event.type === 'step' && event.step === 7) control.pause();
      if (event.type === 'note' && event.kind === 'pause') {
        pass(90_000);
        control.resume();
      }
      if (event.type === 'step' && event.step === 10) control.ask('validate');
    };
    const { steps, epochs, notes, outcome } = await run(gpu(), { batch: 4, stepMs: 1000 }, {}, { onEvent });
    expect(notes.map(({ message }) => message)).toEqual(['paused at step 7', 'continued after 90 s']);
    expect(steps.slice(6).map(({ elapsedS, imgPerS }) => [elapsedS, imgPerS])).toEqual(
      [9, 10, 11, 13, 14, 15].map((elapsedS) => [elapsedS, 4]),
    );
    expect(epochs.map(({ seconds }) => seconds)).toEqual([4, 4, 4, 4]);
    expect(outcome.seconds).toBe(16);
  });

  it('go on from those of the checkpoint', async () => {
    const state = { epoch: 0, index: 0, sums: { loss: 0, correct: 0, count: 0 }, rate: 0.001, early: false };
    const begin = (trainer: Trainer): void => trainer.restore({ ...state, callbacks: {}, seconds: 100 });
    const { steps, outcome } = await run(gpu(), { batch: 4, stepMs: 1000 }, { epochs: 1 }, { begin });
    expect(steps.map(({ elapsedS }) => elapsedS)).toEqual([101, 102, 103]);
    expect(outcome.seconds).toBe(104);
  });

  it('bring a checkpoint within an epoch every 60 seconds, and metrics twice a second', async () => {
    const told: (number | undefined)[] = [];
    let folder: string | undefined;
    const seen: Callback = {
      onTrainBatchEnd: () => {
        told.push(folder && existsSync(folder) ? loadCheckpoint(folder).learner.stepCount : undefined);
      },
    };
    const create = RunFolder.create.bind(RunFolder);
    vi.spyOn(RunFolder, 'create').mockImplementation((out) => {
      const made = create(out);
      folder = made.checkpoint;
      return made;
    });
    await run(gpu(), { batch: 1, stepMs: 25_000 }, { epochs: 1, callbacks: [seen] });
    expect(told).toEqual([undefined, undefined, undefined, 3, 3, 3, 6, 6, 6, 9]);
    let count = 0;
    const counts: number[] = [];
    const counted: Callback = { onTrainBatchEnd: () => void counts.push(count) };
    const onEvent = ({ type }: TrainEvent): void => {
      if (type === 'step') count++;
    };
    await run(gpu(), { batch: 1, stepMs: 100 }, { epochs: 1, callbacks: [counted] }, { onEvent });
    expect(counts).toEqual([0, 0, 0, 0, 0, 0, 6, 6, 6, 6]);
    expect(count).toBe(10);
  });

  it('a step in twenty is told', async () => {
    const { steps } = await run(gpu(), { batch: 1, stepMs: 1, logged: false });
    expect(steps.map(({ step, stepInEpoch, of }) => [step, stepInEpoch, of])).toEqual([
      [20, 10, 10],
      [40, 10, 10],
    ]);
  });

  it('tell how many kernels are compiled, where that takes more than a second', async () => {
    vi.spyOn(performance, 'now').mockImplementation(() => {
      pass(300);
      return now;
    });
    const layers = [Flatten(), Dense({ units: 31, activation: 'tanh' }), Dense({ units: 7 }), Softmax()];
    const learner = new Learner(gpu(), new Sequential('other', [48, 48, 1], layers));
    const trainer = new Trainer(learner, {
      source: new BatchSource(training, { batchSize: 5, preprocess }),
      ...{ validation: someSplit(0), preprocess, classes: CLASSES, epochs: 1 },
    });
    const notes: string[] = [];
    const emit = (event: TrainEvent): void => {
      if (event.type === 'note' && event.kind === 'compile') notes.push(event.message);
    };
    await trainer.run({ emit, control: new Control() });
    expect(notes.at(-1)).toMatch(/^compiling kernel \d+ of \d+ \(once per driver\)$/);
    trainer.dispose();
    await learner.dispose();
  });

  it('it stops when it has as many epochs as asked for, but is finished where these are all', async () => {
    const part = await run(gpu(), { batch: 4, stepMs: 1 }, {}, { until: 2 });
    expect(part.outcome).toMatchObject({ status: 'stopped', epochs: 2, steps: 6 });
    expect(part.notes.at(-1)?.message).toBe('stopped after the epoch; the last weights are saved');
    const whole = await run(gpu(), { batch: 4, stepMs: 1 }, { epochs: 2 }, { until: 2 });
    expect(whole.outcome).toMatchObject({ status: 'finished', epochs: 2 });
    expect(whole.notes).toEqual([]);
  });
});
