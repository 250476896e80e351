import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { epochsLeft, Outlook } from '../../src/study/outlook.js';
import type { TrialOrder } from '../../src/study/run_trial.js';
import type { Study } from '../../src/study/study.js';
import type { Pruner } from '../../src/study/trial.js';
import type { TrainEvent } from '../../src/train/events.js';
import { advisers, fakeRecord, halves, newStudy, taken, wholeTrials } from './fakes.js';

/** Trains so many steps. */
async function train(study: Study, steps: number, pruner: Pruner = wholeTrials): Promise<void> {
  for (let i = 0; i < steps; i++) {
    const step = await taken(study, pruner);
    await step.finish(fakeRecord(step.order));
  }
}

const epochEvent = (epoch: number) => ({ type: 'epoch', epoch }) as TrainEvent;
const stepEvent = (epoch: number, stepInEpoch: number, of: number) =>
  ({ type: 'step', epoch, stepInEpoch, of }) as TrainEvent;

describe('the epochs that are left', () => {
  it('are those of all trials, less what they have', async () => {
    const study = newStudy(); // 4 trials of 4 epochs
    expect(epochsLeft(study, advisers())).toBe(16);
    await train(study, 3);
    expect(epochsLeft(study, advisers())).toBe(4);
    await train(study, 1);
    expect(epochsLeft(study, advisers())).toBe(0);
  });

  it('follow the pruner: here half of the trials end after one epoch', async () => {
    const study = newStudy({ trials: 8 });
    expect(epochsLeft(study, advisers(halves))).toBe(8 + 4 * 3);
    await train(study, 2, halves);
    expect(epochsLeft(study, advisers(halves))).toBe(6 + 4 * 3);
    await train(study, 1, halves); // one of the two is promoted
    expect(epochsLeft(study, advisers(halves))).toBe(6 + 3 * 3);
  });

  it('count a step in progress up to its end, and no trial of other length as a whole one', async () => {
    const study = newStudy({ trials: 2 });
    await taken(study, halves); // up to epoch 1
    expect(epochsLeft(study, { pruner: wholeTrials })).toBe(1 + 4);
    const long = newStudy({ trials: 1 });
    const sampler = { suggest: () => ({ epochs: 9 }) };
    await long.take({ sampler, pruner: wholeTrials });
    expect(epochsLeft(long, advisers())).toBe(9);
  });

  it('end where the pruner has nothing more to train', () => {
    const pruner: Pruner = {
      next: (history) => (history.length < 2 ? { trial: 'new', epochs: 3 } : undefined),
    };
    expect(epochsLeft(newStudy(), { pruner })).toBe(6);
  });
});

describe('the outlook of a study', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('counts epochs and their parts, and judges the time by those of this process', async () => {
    const study = newStudy();
    await train(study, 1); // by an earlier process: its time does not count
    const outlook = new Outlook(study, advisers());
    expect([outlook.epochs, outlook.etaS]).toEqual([{ done: 4, total: 16 }, null]);

    const step = await taken(study);
    const { order } = step;
    outlook.begin(order);
    expect(outlook.epochs).toEqual({ done: 4, total: 16 });
    vi.advanceTimersByTime(3000);
    outlook.hear(stepEvent(2, 5, 10), order); // one epoch and a half
    expect(outlook.epochs).toEqual({ done: 5.5, total: 16 });
    expect(outlook.etaS).toBeCloseTo((3 / 1.5) * 10.5, 9);
    outlook.hear(epochEvent(2), order);
    expect(outlook.epochs.done).toBe(6);
    outlook.hear(epochEvent(2), { ...order, number: 9 } as TrialOrder); // nobody's
    expect(outlook.epochs.done).toBe(6);

    vi.advanceTimersByTime(5000);
    await step.finish(fakeRecord(order));
    outlook.end({ number: order.number });
    expect(outlook.epochs).toEqual({ done: 8, total: 16 });
    expect(outlook.etaS).toBeCloseTo((8 / 4) * 8, 9);
  });

  it('counts what a resumed trial has already', async () => {
    const study = newStudy({ trials: 2 });
    await train(study, 1, halves);
    const outlook = new Outlook(study, advisers());
    const step = await study.takeTrial(1, advisers().sampler);
    if (step === undefined) throw new Error('no step');
    outlook.begin(step.order);
    expect(outlook.epochs).toEqual({ done: 1, total: 8 });
    outlook.hear(epochEvent(3), step.order);
    expect(outlook.epochs).toEqual({ done: 3, total: 8 });
  });
});
