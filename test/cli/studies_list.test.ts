import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { studies } from '../../src/cli/commands/studies.js';
import { Journal } from '../../src/study/journal.js';
import type { StudySettings } from '../../src/study/settings.js';
import { Study } from '../../src/study/study.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { printed } from '../helpers/printed.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

it('studies lists each study with the trials whose steps have ended, the best trial and its settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-studies-'));
  const make = (name: string, settings: StudySettings, trials: readonly TrialRecord[]): void => {
    const { path } = Study.create(join(folder, name), settings);
    const journal = new Journal(path);
    for (const trial of trials) journal.append({ ...trial, run: join(path, 'trials', `t${trial.number}`) });
  };
  // One of 24 trials was being trained when its process ended; one has failed, others are paused.
  make('s1', STUDY_SETTINGS, fakeTrials());
  const { objective, settings } = STUDY_SETTINGS;
  const configs = { a: {}, b: { l2: 0.1 } };
  const created = '2026-11-24T18:04:00Z';
  make(
    'c1',
    { ...{ kind: 'cv', folds: 2, repeats: 1, trials: 4 }, objective, settings, created, configs },
    [],
  );
  const text = await printed(() => studies({ folder, json: false, quiet: false, color: 'never' }));
  expect(text).toBe(
    `study  method, pruner  trials  objective  best (trial)           created       settings of the best
-----  --------------  ------  ---------  ------------  ----------------  -------------------------
c1        cv, 2 folds     0/4    val_acc             -  2026-11-24 18:04
s1          tpe, asha   23/30    val_acc  64.87 % (21)  2026-11-23 10:00  optimizer=adam lr=0.03162
`,
  );
});
