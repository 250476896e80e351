import { expect, it } from 'vitest';
import { bestTrial, ranked } from '../../src/study/score.js';
import { Study } from '../../src/study/study.js';
import { countStates, isOpen, TRIAL_STATES, type TrialRecord } from '../../src/study/trial.js';
import { advisers, newFolder, settings } from './fakes.js';

const trial = (number: number, state: TrialRecord['state'], curve: readonly number[]): TrialRecord => ({
  ...{ number, state, curve, metric: curve.at(-1) ?? null, epochs: curve.length, until: 1 },
  ...{ values: {}, seconds: 1, run: '' },
});

it('ranks failed trials after all others', () => {
  const trials = [trial(1, 'failed', [0.9]), trial(2, 'running', []), trial(3, 'complete', [0.1])];
  expect(ranked(trials, 'val_acc').map(({ number }) => number)).toEqual([3, 2, 1]);
  expect(bestTrial(trials, 'val_acc')?.number).toBe(3);
  expect(bestTrial(trials.slice(0, 2), 'val_acc')).toBeUndefined();
});

it('calls a trial interrupted that no process works on', async () => {
  const study = Study.create(`${newFolder()}/s`, settings());
  const step = await study.take(advisers());
  if (step === 'wait' || step === undefined) throw new Error('no step');
  expect(study.liveTrials.map(({ state }) => state)).toEqual(['running']);
  step.giveBack();
  expect(study.liveTrials.map(({ state }) => state)).toEqual(['interrupted']);
  expect(study.trials.map(({ state }) => state)).toEqual(['running']);
});

it('knows which trials have not ended their step, and counts them by state', () => {
  const trials = TRIAL_STATES.map((state, i) => trial(i, state, []));
  expect(trials.filter(isOpen).map(({ state }) => state)).toEqual(['running', 'interrupted']);
  expect(countStates([...trials, trial(9, 'paused', [])])).toEqual({
    ...{ running: 1, interrupted: 1, paused: 2, complete: 1, failed: 1 },
  });
});
