import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { report } from '../../src/cli/commands/report.js';
import { studyPage } from '../../src/pages/study_report.js';
import { parameterAxes } from '../../src/study/parameter_axis.js';
import type { StudySettings } from '../../src/study/settings.js';
import { Study } from '../../src/study/study.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { attribute, pageProblems, parsePage, textOf } from '../helpers/pages.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

const HOSTILE = `"'><script>alert(1)</script>`;
const pageOf = (trials: readonly TrialRecord[]): string =>
  studyPage({ name: 's1', path: 'studies/s1', settings: STUDY_SETTINGS, trials });
const elementsOf = (page: string, tag: string) =>
  parsePage(page).elements.filter(({ tagName }) => tagName === tag);
const seen = (page: string): string =>
  elementsOf(page, 'body').map(textOf).join('').replaceAll('\u00a0', ' ');

describe('the page of a study', () => {
  it('is right HTML that loads nothing, with a heading for every part', () => {
    const page = pageOf(fakeTrials());
    expect(pageProblems(page)).toEqual([]);
    expect(elementsOf(page, 'h2').map(textOf)).toEqual([
      ...[
        'Curves',
        'Importance of the settings',
        'Slices',
        'Parallel coordinates',
        'Trials',
        'Failures',
        'Go on',
      ],
    ]);
  });

  it('draws every trial: a curve, a dot for each setting it has, a line', () => {
    const page = pageOf(fakeTrials());
    const titles = elementsOf(page, 'title').map(textOf);
    const of = (number: number) => titles.filter((text) => text.startsWith(`trial ${number}:`)).length;
    expect(of(1)).toBe(5); // sgd: optimizer, lr, momentum
    expect(of(3)).toBe(4); // adam has no momentum
    expect(of(2)).toBe(0); // failed
    const labels = elementsOf(page, 'svg').map((svg) => attribute(svg, 'aria-label') ?? '');
    expect(labels).toContain('23 trials as lines over 3 settings and val_acc');
  });

  it('draws the best trial last, above all others', () => {
    const page = pageOf(fakeTrials());
    const best = fakeTrials().reduce((a, b) => ((b.metric ?? 0) > (a.metric ?? 0) ? b : a));
    const name = `trial ${best.number}:`;
    const charts = elementsOf(page, 'svg').map((svg) => textOf(svg).match(/trial \d+:/g) ?? []);
    const having = charts.filter((trials) => trials.some((trial) => trial === name));
    expect(having.map((trials) => trials.at(-1))).toEqual(Array(4).fill(name)); // not that of momentum: it has none
  });

  it('says which is the best, what is important, what failed, how to go on', () => {
    const text = seen(pageOf(fakeTrials()));
    const best = fakeTrials().reduce((a, b) => ((b.metric ?? 0) > (a.metric ?? 0) ? b : a));
    for (const words of [
      '1 of the trials had not ended their step',
      `the best, trial ${best.number}`,
      `${(100 * (best.metric ?? 0)).toFixed(2)} %`,
      'trial 2: loss is NaN',
      'fer-tui search --resume studies/s1',
      `--lr ${best.values['lr']}`,
      'stopped early',
    ])
      expect(text).toContain(words);
  });

  it('tells of a study without results that there are none', () => {
    const page = pageOf([]);
    expect(pageProblems(page)).toEqual([]);
    expect(seen(page)).toContain('Not known: too few trials have results; at least 10 are needed.');
  });

  it('shows the configurations of a cross-validation, not slices of its folds', () => {
    const { objective, settings, created } = STUDY_SETTINGS;
    const cv: StudySettings = {
      ...{ kind: 'cv', objective, settings, created, folds: 2, repeats: 1, trials: 4 },
      configs: { deep: {}, wide: {} },
    };
    const trials = [0.6, 0.5, 0.64, 0.52].map(
      (value, i): TrialRecord => ({
        ...{ number: i + 1, values: { fold: `${(i >> 1) + 1}/2` }, epochs: 1, until: 1, state: 'complete' },
        ...{ metric: value, curve: [value], seconds: 1, run: `t${i}` },
      }),
    );
    const page = studyPage({ name: 'c1', path: 'studies/c1', settings: cv, trials });
    expect(pageProblems(page)).toEqual([]);
    expect(elementsOf(page, 'h2').map(textOf)).toEqual(['Curves', 'Configurations', 'Trials', 'Go on']);
    for (const words of ['deep', '62.00 %', 'fer-tui cv --resume studies/c1'])
      expect(seen(page)).toContain(words);
    expect(seen(page)).not.toContain('fer-tui train');
  });

  it('shows hostile values as text', () => {
    const trials = fakeTrials().map((trial) => ({
      ...{ ...trial, error: HOSTILE },
      values: { ...trial.values, [HOSTILE]: `${HOSTILE}${trial.number % 2}` },
    }));
    const page = studyPage({
      name: HOSTILE,
      path: HOSTILE,
      settings: STUDY_SETTINGS,
      trials: trials.slice(1, 4),
    });
    expect(pageProblems(page)).toEqual([]);
    expect(elementsOf(page, 'script')).toEqual([]);
  });

  it('is written by fer-tui report', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'study-')), 's9');
    Study.create(folder, STUDY_SETTINGS);
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const globals = { json: false, quiet: false, color: 'never' } as const;
      const done = await report({
        name: folder,
        folder: 'runs',
        out: undefined,
        data: undefined,
        adapter: undefined,
        ...globals,
      });
      expect(done).toBe(0);
      expect(write).toHaveBeenCalledWith(`${join(folder, 'report.html')}\n`);
    } finally {
      write.mockRestore();
    }
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<h1>Study s9</h1>');
  });
});

describe('the axis of a setting', () => {
  const axes = (values: readonly TrialRecord['values'][]) =>
    parameterAxes(
      values.map((one, i) => ({ ...(fakeTrials(1)[0] as TrialRecord), number: i + 1, values: one })),
    );

  it('is logarithmic for numbers far apart', () => {
    const [lr] = axes([{ lr: 1e-4 }, { lr: 1e-2 }, { lr: 1e-1 }]);
    expect(lr?.log).toBe(true);
    expect(lr?.place(1e-2)).toBeCloseTo(2 / 3, 12);
    expect(lr?.marks.map(({ text }) => text)).toEqual(['0.0001', '0.001', '0.01', '0.1']);
  });

  it('is linear for others, 0 among them, and has a place for each word', () => {
    const [l2, dense] = axes([
      { l2: 0, dense: 'none' },
      { l2: 0.1, dense: '64' },
    ]);
    expect([l2?.log, l2?.place(0), l2?.place(0.1)]).toEqual([false, 0, 1]);
    expect(dense?.marks).toEqual([
      { text: '64', place: 0.25 },
      { text: 'none', place: 0.75 },
    ]);
  });

  it('is left out where all trials have one value', () => {
    expect(axes([{ lr: 1 }, { lr: 1 }])).toEqual([]);
  });
});
