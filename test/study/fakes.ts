import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StudyHooks, TrialRunner } from '../../src/study/run_study.js';
import { bestOf, type TrialOrder } from '../../src/study/run_trial.js';
import type { SearchSettings } from '../../src/study/settings.js';
import { type Advisers, Study, type TakenStep } from '../../src/study/study.js';
import type { Pruner, Sampler, TrialRecord } from '../../src/study/trial.js';
import { Control } from '../../src/train/control.js';
import { Rng } from '../../src/util/random.js';

/** Stand-ins for what a study asks: advisers, and a training that takes no time. */

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-study-'));

export function settings(part: Partial<SearchSettings> = {}): SearchSettings {
  return {
    ...{
      created: '2026-01-01T00:00:00.000Z',
      kind: 'search',
      method: 'random',
      pruner: 'none',
      trials: 4,
      seed: 1,
    },
    ...{ objective: 'val_acc', settings: { epochs: 4, seed: 7 }, space: { lr: { min: 0.001, max: 0.1 } } },
    ...{ minEpochs: 1, reduction: 3, ...part },
  };
}

/** Draws a learning rate, which depends on the best trial so far too. */
export const sampler: Sampler = {
  suggest: (number, history) => {
    const best = Math.max(0, ...history.map(({ metric }) => metric ?? 0));
    return { lr: new Rng(1, number).uniform(0, 1) + best / 10 };
  },
};

/** Trains every trial in one go. */
export const wholeTrials: Pruner = { next: () => ({ trial: 'new', epochs: 1000 }) };

/** One epoch each; then the better half of all, as soon as two more have had theirs, to the end. */
export const halves: Pruner = {
  next: (history) => {
    const done = history.filter(({ epochs }) => epochs > 0);
    const paused = done
      .filter(({ state }) => state === 'paused')
      .sort((a, b) => (b.metric ?? 0) - (a.metric ?? 0));
    const [best] = paused;
    const promoted = done.filter(({ epochs }) => epochs > 1).length;
    if (best !== undefined && 2 * (promoted + 1) <= done.length) return { trial: best.number, epochs: 4 };
    return { trial: 'new', epochs: 1 };
  },
};

export const advisers = (pruner: Pruner = wholeTrials): Advisers => ({ sampler, pruner });

/** The curve of a trial depends on its learning rate alone. */
export function fakeRecord({
  number,
  values,
  run,
  until,
  objective,
  settings: { epochs },
}: TrialOrder): TrialRecord {
  const curve = Array.from({ length: until }, (_, e) => Math.sin(1e4 * Number(values['lr'])) ** 2 + e / 10);
  const state = until === epochs ? 'complete' : 'paused';
  return {
    number,
    values,
    run,
    until,
    state,
    epochs: until,
    seconds: until,
    curve,
    metric: bestOf(curve, objective),
  };
}

export const fakeRunner: TrialRunner = { run: async (order) => fakeRecord(order) };

export const hooks = (part: Partial<StudyHooks> = {}): StudyHooks => ({
  ...{ control: new Control(), emit: () => undefined, onBegin: () => undefined, onEnd: () => undefined },
  ...part,
});

/** A study in a folder of its own. */
export const newStudy = (part = {}): Study => Study.create(join(newFolder(), 's'), settings(part));

export const journalOf = (study: Study): string => join(study.path, 'trials.ndjson');

/** A step that must be there. */
export async function taken(study: Study, pruner: Pruner = wholeTrials): Promise<TakenStep> {
  const step = await study.take(advisers(pruner));
  if (step === undefined || step === 'wait') throw new Error(`no step: ${step}`);
  return step;
}
