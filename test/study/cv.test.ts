import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { advisersOf } from '../../src/study/advisers.js';
import { compareScores } from '../../src/study/compare.js';
import { configurationOf, cvReport, placeOf } from '../../src/study/cv.js';
import { type CvOptions, newCv } from '../../src/study/new_cv.js';
import { runStudy } from '../../src/study/run_study.js';
import { Study } from '../../src/study/study.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { fakeRecord, hooks, newFolder } from './fakes.js';

const folder = newFolder();
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const A = file('a.yaml', 'lr: 0.01\nbatch: 8\n');
const B = file('b.yaml', 'lr: 0.02\nbatch: 8\nepochs: 2\n');
const cv = (part: Partial<CvOptions> = {}) =>
  newCv({ configs: [A, B], folds: 3, repeats: 2, objective: 'val_acc', settings: {}, ...part });

describe('a cross-validation', () => {
  it('trains every configuration once on every fold of every division, all on one fold before the next', async () => {
    const study = Study.create(join(folder, 's'), cv({ settings: { 'max-steps': 5 } }));
    expect(study.settings.settings).toEqual({ batch: 8, 'max-steps': 5, epochs: 50, seed: 7 });
    const runner = { run: async (order: Parameters<typeof fakeRecord>[0]) => fakeRecord(order) };
    await runStudy(study, advisersOf(study.settings), runner, hooks());
    const own = [{ lr: 0.01 }, { lr: 0.02, epochs: 2 }];
    expect(study.trials.map(({ values }) => values)).toEqual(
      [1, 2].flatMap((seed) =>
        [1, 2, 3].flatMap((fold) =>
          own.map((values) => ({ ...values, fold: `${fold}/3`, 'fold-seed': seed })),
        ),
      ),
    );
    expect(study.trials.slice(0, 2).map(({ until }) => until)).toEqual([50, 2]);
  });

  it('judges the last epoch of each fold, and every configuration beside the best', () => {
    const study = cv();
    const last = [0.5, 0.7, 0.6, 0.8, 0.4, 0.9, 0.5, 0.6, 0.3, 0.7, 0.5, 0.5];
    const trials = last.map((score, i): TrialRecord => {
      const state = i === 10 ? 'failed' : 'complete';
      const common = { values: {}, epochs: 2, until: 2, seconds: 1, run: '', metric: 1 };
      return { number: i + 1, state, curve: [1, score], ...common };
    });
    const { configs, comparisons } = cvReport(study, trials);
    const a = [0.5, 0.6, 0.4, 0.5, 0.3, null];
    const b = [0.7, 0.8, 0.9, 0.6, 0.7, 0.5];
    expect(configs.map(({ name, scores, n }) => [name, scores, n])).toEqual([
      ['a', a, 5],
      ['b', b, 6],
    ]);
    expect(configs[1]?.mean).toBeCloseTo(0.7, 12);
    expect(comparisons).toEqual([{ name: 'a', best: 'b', ...compareScores(a, b, 3) }]);
    // The smallest loss is the best.
    const losses = cvReport({ ...study, objective: 'val_loss' }, trials);
    expect(losses.comparisons[0]?.best).toBe('a');
    expect(cvReport(study, []).configs.map(({ n }) => n)).toEqual([0, 0]);
  });

  it('names the configuration of each trial: all with one fold, then all with the next', () => {
    const three = cv({ configs: [A, B, file('c.yaml', 'lr: 0.03\n')] });
    const names = [1, 2, 3, 4, 5, 6, 7].map((number) => configurationOf({ number }, three));
    expect(names.join('')).toBe('abcabca');
    expect([3, 4, 9, 10].map((number) => placeOf(number, three))).toEqual([
      { config: 2, fold: 0, repeat: 0 },
      { config: 0, fold: 1, repeat: 0 },
      { config: 2, fold: 2, repeat: 0 },
      { config: 0, fold: 0, repeat: 1 },
    ]);
  });

  it('without files has one configuration', () => {
    const one = cv({ configs: [], settings: { l2: 0.1, epochs: 3 } });
    expect(one).toMatchObject({ trials: 6, configs: { settings: {} }, settings: { l2: 0.1, epochs: 3 } });
  });

  it('has five folds of one division, judged by accuracy, where nothing else is said', () => {
    expect(newCv({ configs: [A, B], settings: {} })).toMatchObject({
      ...{ folds: 5, repeats: 1, objective: 'val_acc', trials: 10 },
    });
  });

  it.each([
    [{ configs: [A, A] }, 'the same file twice'],
    [{ folds: 1 }, 'folds = 1: expected a whole number from 2 to 1000'],
    [{ folds: 1001 }, 'folds = 1001: expected'],
    [{ configs: [file('f.yaml', 'fold: 1/5\n')] }, 'fold: the cross-validation sets it'],
    [{ configs: [file('l.yaml', 'lr: 99\n')] }, 'lr = 99: expected'],
  ])('%o is refused', (part, message) => {
    expect(() => cv(part)).toThrow(message);
  });
});
