import { describe, expect, it } from 'vitest';
import { sliceText } from '../../src/cli/slice_text.js';
import { studySummary } from '../../src/cli/study_lines.js';
import type { CvSettings } from '../../src/study/settings.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { detectCapability } from '../../src/tui/paint/capability.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

const plain = detectCapability({ LANG: 'C' }, false, { color: 'never' });

function trial(number: number, values: TrialRecord['values'], metric: number | null): TrialRecord {
  const curve = metric === null ? [] : [metric];
  const state = metric === null ? 'failed' : 'complete';
  return { number, values, metric, curve, state, epochs: 1, until: 1, seconds: 2, run: '' };
}

describe('the slices of a study', () => {
  const study = (liveTrials: readonly TrialRecord[]) => ({
    settings: STUDY_SETTINGS,
    liveTrials: [...liveTrials],
  });

  it('are a chart for each setting in which the trials differ, with the best trial marked', () => {
    const trials = [
      trial(1, { l2: 0, optimizer: 'adam', batch: 8 }, 0.4),
      trial(2, { l2: 0.1, optimizer: 'sgd', batch: 8, momentum: 0.9 }, 0.6),
      trial(3, { l2: 0.2, optimizer: 'adam', batch: 8 }, null),
    ];
    expect(sliceText(study(trials), plain, 40)).toBe(`
val_acc by l2  trial 2 * 60.00 %
60.00 %|                *
       |
       |
       |
50.00 %|
       |
       |
40.00 %|.
       +0--------------0.1-------------

val_acc by optimizer  trial 2 * 60.00 %
60.00 %|                       *
       |
       |
       |
50.00 %|
       |
       |
40.00 %|        .
       +------adam------------sgd------
`);
  });

  it('leave out of the legend what is not drawn, and are no wider than the terminal', () => {
    const text = sliceText(study(fakeTrials()), plain, 60);
    expect(text).toContain('val_acc by lr  trial 21 * ');
    expect(text).toMatch(/^val_acc by momentum$/m); // the best trial has none
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(
      Math.max(
        ...sliceText(study(fakeTrials()), plain, 500)
          .split('\n')
          .map(({ length }) => length),
      ),
    ).toBe(80);
  });

  it('are none while no trial has a result', () => {
    expect(sliceText(study([trial(1, { l2: 0 }, null), trial(2, { l2: 1 }, null)]), plain, 80)).toBe('');
  });
});

describe('the summary', () => {
  const cv: CvSettings = {
    ...{ kind: 'cv', created: '', trials: 4, objective: 'val_acc', folds: 2, repeats: 1 },
    ...{ configs: { a: { l2: 0 }, b: { l2: 1 } }, settings: { epochs: 1 } },
  };
  const folds = [0.5, 0.7, 0.6, 0.8].map((metric, i) =>
    trial(i + 1, { l2: i % 2, fold: `${1 + (i >> 1)}/2` }, metric),
  );
  const study = { path: 's', settings: cv, liveTrials: folds, damagedLines: 0 };

  it('of a cross-validation names the configuration of each fold where these are asked for', () => {
    expect(studySummary(study, 2, true)).toContain(`2 pairs)

trial  configuration  val_acc  l2  fold  epochs  time     state
-----  -------------  -------  --  ----  ------  ----  --------
4                  b  80.00 %   1   2/2       1   2 s  complete
2                  b  70.00 %   1   1/2       1   2 s  complete
`);
    expect(studySummary(study, 2)).not.toContain('trial  configuration');
  });

  it('of a search can go without trials, and says how to train the best', () => {
    const search = { path: 's', settings: STUDY_SETTINGS, liveTrials: fakeTrials(), damagedLines: 0 };
    expect(studySummary(search, 0)).toMatch(
      /^s: 24 of 30 trials: .*\n\nthe best: fer-tui train --epochs 9 --lr 0.03162\n$/,
    );
    expect(studySummary(search, 3)).toMatch(/\n21 .*\n17 .*\n13 .*\n\nthe best: /);
    expect(studySummary({ ...search, damagedLines: 2 }, 0)).toContain(
      '1 running\ntrials.ndjson: 2 lines cut off or damaged, left out\n',
    );
    expect(studySummary({ ...search, liveTrials: [] }, 3)).toBe('s: 0 of 30 trials\n\n');
  });
});
