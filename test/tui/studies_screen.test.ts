import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { showStudy } from '../../src/engine/requests/studies.js';
import type { StudyReport } from '../../src/engine/requests.js';
import type { CvReport } from '../../src/study/cv.js';
import { importanceOf } from '../../src/study/importance.js';
import { Journal } from '../../src/study/journal.js';
import { Study } from '../../src/study/study.js';
import { ready } from '../../src/tui/loadable.js';
import type { Shown } from '../../src/tui/screens/studies_panels.js';
import { fakeEvents } from '../helpers/events.js';
import { COLOUR, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

const TRIALS = fakeTrials();
const report: StudyReport = {
  ...{ name: 's1', path: 'studies/s1', objective: 'val_acc', planned: 30, trials: TRIALS },
  importance: importanceOf(TRIALS, 'val_acc'),
};
const shown = (change: Partial<StudyReport> = {}, paths = ['studies/s2', 'studies/s1']) => ({
  shown: ready<Shown>({ paths, path: report.path, report: { ...report, ...change } }),
});
const BEST = TRIALS.reduce((a, b) => ((b.metric ?? 0) > (a.metric ?? 0) ? b : a));

const CV: CvReport = {
  configs: [
    { name: 'deep', scores: [0.6, 0.64], mean: 0.62, sd: 0.028, n: 2, lost: 0 },
    { name: 'wide', scores: [0.5, 0.52], mean: 0.51, sd: 0.014, n: 2, lost: 0 },
  ],
  comparisons: [
    { name: 'wide', best: 'deep', difference: -0.11, low: -0.2, high: -0.02, t: -16, p: 0.04, pairs: 2 },
  ],
};

describeScreens([
  {
    screen: 'studies',
    name: 'reading',
    own: { shown: loading('reading studies/') },
    words: ['reading studies/'],
  },
  {
    screen: 'studies',
    name: 'no studies',
    own: { shown: ready<Shown>({ paths: [], path: undefined, report: undefined }) },
    words: ['no studies in studies/ yet', 'SPACE.yaml'],
  },
  {
    screen: 'studies',
    name: 'a folder that cannot be read',
    own: { shown: failed('EACCES') },
    words: ['EACCES'],
  },
  {
    screen: 'studies',
    name: 'a study that cannot be read',
    own: {
      shown: ready<Shown>({
        ...{ paths: ['studies/s2', 'studies/s1'], path: 'studies/s1', report: undefined },
        problem: 'study.yaml: version 9',
      }),
    },
    words: ['study.yaml: version 9', 's1 · study 2 of 2|s1 . study 2 of 2'],
  },
  {
    screen: 'studies',
    name: 'a search that goes on',
    own: shown(),
    words: [
      ...['24 of 30 trials', 'study 2 of 2'],
      `${(100 * (BEST.metric ?? 0)).toFixed(2)} %`,
      'importance',
    ],
  },
  {
    screen: 'studies',
    name: 'a slice',
    own: { ...shown(), chart: 'lr', selected: 5 },
    words: ['val_acc by lr', 'o trial 5', '0.001'],
  },
  {
    screen: 'studies',
    name: 'a cross-validation',
    own: shown({ cv: CV, importance: undefined }),
    words: ['configurations', 'deep'],
  },
  {
    screen: 'studies',
    name: 'begun',
    own: shown({ trials: [], importance: undefined }),
    words: ['no trial has begun'],
  },
  {
    screen: 'studies',
    name: 'few trials',
    own: shown({ trials: TRIALS.slice(0, 3), importance: undefined }),
    words: ['too few trials'],
  },
  {
    screen: 'studies',
    name: 'nothing learned',
    own: shown({
      importance: {
        parameters: [{ name: 'lr', share: 1, clear: false }],
        trials: 24,
        epochs: 1,
        explained: -0.2,
      },
    }),
    words: ['the settings explain none'],
  },
  {
    screen: 'studies',
    name: 'damaged lines',
    own: shown({ damagedLines: 2 }),
    words: ['trials.ndjson: 2 lines', 'importance'],
  },
  {
    screen: 'studies',
    name: 'numbers',
    own: { ...shown(), chart: 'lr' },
    keys: ['tab', 'T', '+'],
    words: ['trial 1'],
  },
  { screen: 'studies', name: 'what is this', own: shown(), keys: ['i'], words: ['what am I seeing'] },
]);

describe('the Studies screen', () => {
  const open = (own: object, engine = SILENT_ENGINE) =>
    renderAt(100, 30, COLOUR, { screen: 'studies', engine, state: { now: 0, screens: { studies: own } } });

  it('lists the best trial first, and moves through the list', () => {
    const screen = open(shown());
    const lines = screen.text().split('\n');
    const first = lines.find((line) => line.includes('│ ▸')) ?? '';
    expect(first).toMatch(new RegExp(`▸ +${BEST.number} `));
    screen.press('down');
    expect(screen.text()).toMatch(/o trial \d+/);
    screen.press('pagedown', 'pagedown', 'pagedown');
    expect(screen.text()).toContain('o trial 2'); // it has failed
    expect(screen.text()).toContain('✗ failed');
    screen.press('home');
    expect(screen.text()).toMatch(new RegExp(`▸ +${BEST.number} `));
    screen.press('end');
    expect(screen.text()).toContain('o trial 2');
    screen.unmount();
  });

  it('cuts no setting and no tab in two, and shows all settings of the selected trial', () => {
    const values = { l2: 0.0001, dense: 'none', optimizer: 'adam', lr: 0.005612, momentum: 0.9 };
    const trials = TRIALS.map((trial) => ({ ...trial, values }));
    const importance = { parameters: [], trials: 24, epochs: 10, explained: 0 };
    for (const [cols, rows] of [
      [80, 24],
      [60, 20],
    ] as const) {
      const screen = renderAt(cols, rows, COLOUR, {
        screen: 'studies',
        state: { now: 0, screens: { studies: shown({ trials, importance }) } },
      });
      const text = screen.text().replaceAll(/[│\s]+/g, ' ');
      expect(text).toContain('optimizer adam, lr 0.005612, momentum 0.9');
      expect(text).toMatch(cols === 80 ? /l2 0.0001, dense none, optimizer adam, … / : /l2 0.0001, … /);
      expect(text).toContain('none of the variance of 24 trials after 10 epochs');
      expect(text).toContain('9 Studies');
      screen.unmount();
    }
  });

  it('goes through the charts: curves, then each setting in which trials differ', () => {
    const screen = open(shown());
    for (const words of [
      'val_acc by epoch',
      'val_acc by optimizer',
      'val_acc by lr',
      'val_acc by momentum',
    ]) {
      expect(screen.text()).toContain(words);
      screen.press('v');
    }
    expect(screen.text()).toContain('val_acc by epoch');
    screen.press('g');
    expect(screen.text()).toContain('val_acc by epoch (log)');
    screen.press('g');
    screen.unmount();
  });

  it('shows the configurations of a cross-validation, and no slices of its folds', () => {
    const screen = open(shown({ cv: CV, importance: undefined }));
    expect(screen.text()).toContain('deep 62.00 % ± 2.80 %, 2 folds');
    // The interval does not fit beside it, so it has a line of its own.
    expect(screen.text()).toMatch(/wide 51\.00 % ± 1\.40 %, 2 folds +│\n/);
    expect(screen.text()).toMatch(/│ {3}-11\.00 % \(-\d+\.\d\d % to -?\d+\.\d\d %\) *│/);
    screen.press('v');
    expect(screen.text()).toContain('val_acc by epoch');
    screen.unmount();
  });

  it('keeps the selected trial when better ones come', () => {
    const screen = open({ ...shown(), selected: 7 });
    expect(screen.text()).toContain('o trial 7');
    screen.unmount();
    const better = { ...(TRIALS[0] as (typeof TRIALS)[number]), number: 25, metric: 0.9, curve: [0.9] };
    const later = open({ ...shown({ trials: [...TRIALS, better] }), selected: 7 });
    expect(later.text()).toContain('* best 25  o trial 7');
    later.unmount();
  });

  it('opens the run of a trial on Train', () => {
    const run = writeRun(runsFolder(), 't1', { events: fakeEvents() });
    const trials = TRIALS.map((trial) => ({ ...trial, run }));
    const screen = open(shown({ trials }));
    screen.press('enter');
    expect(screen.text()).toContain('Train');
    expect(screen.text()).toContain('loss');
    screen.unmount();
    const gone = open(shown());
    gone.press('enter');
    expect(gone.text()).toContain('studies/s1/trials');
    gone.unmount();
  });

  it('reads the study again while it is shown', async () => {
    vi.useFakeTimers();
    try {
      const answers: Record<string, unknown> = { 'studies.list': ['studies/s1'], 'studies.show': report };
      const request = vi.fn(async (name: string) => answers[name] ?? []);
      const engine = { ...SILENT_ENGINE, request: request as typeof SILENT_ENGINE.request };
      const screen = renderAt(100, 30, COLOUR, { screen: 'home', engine, state: { now: 0 } });
      screen.press('9');
      await vi.advanceTimersByTimeAsync(6100);
      expect(request.mock.calls.filter(([name]) => name === 'studies.show')).toHaveLength(4);
      screen.press('1');
      await vi.advanceTimersByTimeAsync(6100);
      expect(request.mock.calls.filter(([name]) => name === 'studies.show')).toHaveLength(4);
      screen.unmount();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the report of a study', () => {
  it('has the trials of the journal, and what is important', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'study-')), 's3');
    Study.create(path, STUDY_SETTINGS);
    const journal = new Journal(path);
    for (const trial of TRIALS.slice(0, 23))
      journal.append({ ...trial, run: join(path, 'trials', `t${trial.number}`) });
    const found = await showStudy({ path }, {} as never);
    expect(found).toMatchObject({ name: 's3', objective: 'val_acc', planned: 30 });
    expect(found.trials).toHaveLength(23);
    expect(found.importance).toMatchObject({ trials: 23, epochs: 1 });
  });
});
