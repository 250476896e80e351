import { describe, expect, it } from 'vitest';
import type { DataReport, KernelList, StudyReport } from '../../src/engine/requests.js';
import { importanceOf } from '../../src/study/importance.js';
import type { RunReport } from '../../src/train/runs.js';
import type { AppState } from '../../src/tui/app_state.js';
import { ready } from '../../src/tui/loadable.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import type { Shown } from '../../src/tui/screens/studies_panels.js';
import { rowsWith } from '../../src/tui/search.js';
import { sourceOf } from '../../src/tui/source_view.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';
import { fakeTrials } from '../helpers/studies.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;

const KERNELS: KernelList = {
  ...{ adapter: 'llvmpipe', batch: 28 },
  entries: ['conv2d', 'dense', 'matmul'].flatMap((kernel) =>
    ['naive', 'tiled'].flatMap((variant) =>
      Array.from({ length: 20 }, (_, i) => ({
        ...{ id: `${kernel} ${i} ${variant}`, kernel, variant, size: `${i} x 7`, group: `${kernel} ${i}` },
      })),
    ),
  ),
};
const SOURCE = sourceOf([
  { name: 'elu', entries: ['forward'], text: `${'// filler\n'.repeat(60)}let needle = 1;\n// the needle\n` },
]);
const run = (name: string, note: string): RunReport => ({
  ...{
    name,
    path: `runs/${name}`,
    status: 'finished',
    begun: `2026-11-0${name.at(-1)}`,
    of: 3,
    done: 3,
    note,
  },
  ...{
    model: 'fer-cnn',
    data: 'drawn faces',
    dataNotes: [],
    adapter: '',
    config: {},
    changes: [],
    epochs: [],
  },
  ...{ stepInEpoch: 0, best: null, seconds: 1, peakBytes: null, damagedAfter: null },
});
const RUNS = [run('r1', 'smoothed'), run('r2', ''), run('r3', 'smoothed more'), run('r4', '')];
const STUDY: StudyReport = {
  ...{ name: 's1', path: 'studies/s1', objective: 'val_acc', planned: 30, trials: fakeTrials() },
  importance: importanceOf(fakeTrials(), 'val_acc'),
};
const labels = Uint8Array.of(0, 1, 0, 0, 1, 0);
const empty = { labels: new Uint8Array(0), constant: [] };
const DATA: DataReport = {
  ...{ path: 'x', name: 'x', classes: ['Angry', 'Fear'], skipped: 0, bad: [], notes: [] },
  splits: { train: { labels, constant: [] }, validation: empty, test: empty },
};
const TRAINED = [...fakeEvents(), ...fakeEnd()].reduce(
  (all, event) => applyEvent(all, event, 0),
  beginRun(0),
);

/** A screen, what it shows, a text to find, and what is selected at each key: /, n, n, N, as the lines that are marked. */
interface Case {
  readonly screen: AppState['screen'];
  readonly own?: object;
  readonly state?: Partial<AppState>;
  readonly text: string;
  readonly selected: readonly RegExp[];
}
const CASES: readonly Case[] = [
  {
    ...{ screen: 'kernels', own: { list: ready(KERNELS) }, text: 'tiled DENSE' },
    selected: [/▸dense +tiled/, /▸dense +tiled/, /▸dense +tiled/, /▸dense +tiled/],
  },
  {
    ...{ screen: 'kernels', own: { list: ready(KERNELS), mode: 'source', source: ready(SOURCE) } },
    ...{
      text: 'needle',
      selected: [/61\/let needle/, /62\/\/\/ the needle/, /61\/let needle/, /62\/\/\/ the/],
    },
  },
  {
    ...{
      screen: 'model',
      own: {
        report: ready({ layers: layers(), trainable: 1, nonTrainable: 0, input: [48, 48, 1], notes: {} }),
        model: 'm',
      },
      text: 'elu',
    },
    selected: [/▸ ?elu /, /▸ ?elu_1/, /▸ ?elu /, /▸ ?elu_1/],
  },
  {
    ...{ screen: 'runs', own: { runs: ready(RUNS), order: 'name' }, text: 'smoothed' },
    selected: [/▸ +r1/, /▸ +r3/, /▸ +r1/, /▸ +r3/],
  },
  {
    ...{ screen: 'train', text: 'weight-decay', selected: [/▸ *weight-decay/] },
  },
  {
    ...{ screen: 'train', state: { run: TRAINED, focus: { train: 'events' } }, text: 'epoch 1' },
    selected: [/▸.*epoch 1: loss/],
  },
  {
    ...{ screen: 'data', own: { path: 'x', report: ready(DATA), list: [...labels.keys()] }, text: 'fear' },
    selected: [/#1 train/, /#4 train/, /#1 train/, /#4 train/],
  },
];

function layers() {
  return ['conv2d', 'elu', 'conv2d_1', 'elu_1'].map((name) => ({
    ...{ name, kind: name.split('_')[0], input: [48, 48, 1], output: [48, 48, 32], from: [], params: 320 },
    ...{ flop: 1_400_000, bytes: 294_912, sees: 3, settings: {}, weights: [] },
  }));
}

const open = (
  { screen, own, state }: Pick<Case, 'screen' | 'own' | 'state'>,
  cols = 100,
  rows = 30,
): Rendered =>
  renderAt(cols, rows, NONE, { screen, state: { ...state, ...(own && { screens: { [screen]: own } }) } });

describe.each([
  [100, 30],
  [60, 20],
])('/ at %i x %i', (cols, rows) => {
  it.each(CASES)('finds "$text" on $screen, then with n and N', (one) => {
    const at = open(one, cols, rows);
    at.press('/', ...one.text, 'enter');
    for (const [i, pattern] of one.selected.entries()) {
      if (i > 0) at.press(i === 3 ? 'N' : 'n');
      expect(at.text()).toMatch(pattern);
    }
    expect(at.text()).toMatch(/\d+ of \d+ with "/);
    at.unmount();
  });
});

describe('a search', () => {
  const kernels = { screen: 'kernels', own: { list: ready(KERNELS) } } as const;
  const selected = (at: Rendered): unknown =>
    (at.program.store.state.screens.kernels as { selected: number }).selected;

  it('begins at the selected row, passes over the ends, and counts', () => {
    const at = open({ ...kernels, own: { ...kernels.own, selected: 30 } });
    at.press('/', ...'dense 3', 'enter'); // rows 43 and 63
    const first = Number(selected(at));
    expect(first).toBe(43);
    at.press('N');
    expect(selected(at)).toBe(63);
    at.press('n');
    expect(selected(at)).toBe(43);
    at.press('n');
    expect(selected(at)).toBe(63);
    expect(at.text()).toContain('2 of 2 with "dense 3"');
    at.unmount();
  });

  it('goes on from where the arrows led', () => {
    const at = open(kernels);
    at.press('/', ...'tiled', 'enter', 'end', 'up', 'n'); // 118 to 119
    expect(selected(at)).toBe(119);
    at.press('home', 'n');
    expect(selected(at)).toBe(20);
    at.press('home', 'N');
    expect(selected(at)).toBe(119);
    at.press('escape', '/', ...'dense', 'enter', 'end', 'n'); // 40 to 79
    expect(selected(at)).toBe(40);
    at.press('end', 'N');
    expect(selected(at)).toBe(79);
    at.unmount();
  });

  it('says what is not there, and keeps the selection', () => {
    const at = open(kernels);
    at.press('down', '/', ...'winograd', 'enter');
    expect(at.text()).toContain('nothing here contains "winograd"');
    at.press('escape');
    expect(selected(at)).toBe(1);
    expect(at.program.store.state.search).toBeUndefined();
    at.press('/', 'enter');
    expect(at.text()).toContain('expected a word');
    at.unmount();
  });

  it('ends with Esc, or on another screen; n is then the key that it was', () => {
    const runs = { screen: 'runs', own: { runs: ready(RUNS), order: 'name' } } as const;
    for (const end of [['escape'], ['7', '6']]) {
      const at = open(runs);
      at.press('/', ...'smoothed', 'enter', 'n');
      expect(at.text()).not.toContain('note on');
      at.press(...end, 'n');
      expect(at.text()).toMatch(/note on r\d/);
      at.unmount();
    }
  });

  it('of a source ends where the source is left', () => {
    const at = open({
      screen: 'kernels',
      own: { list: ready(KERNELS), mode: 'source', source: ready(SOURCE) },
    });
    at.press('/', ...'needle', 'enter', 'up');
    expect(at.text()).not.toContain('/let needle');
    at.press('escape', 'escape');
    expect(at.text()).toMatch(/▸conv2d/);
    at.unmount();
  });

  it('of trials knows their settings', () => {
    const at = open({
      screen: 'studies',
      own: { shown: ready<Shown>({ paths: ['studies/s1'], path: 'studies/s1', report: STUDY }) },
    });
    at.press('/', ...'trial', 'enter', 'n');
    expect(at.text()).toContain('2 of 24 with "trial"');
    const [name, value] = Object.entries(fakeTrials()[4]?.values ?? {})[0] ?? ['', ''];
    at.press('/', ...`${name} ${value}`, 'enter');
    expect(at.text()).toContain(`with "${name} ${value}"`);
    at.unmount();
  });
});

it('rows are found by the whole text, or else by all words in any order', () => {
  expect(rowsWith(['epoch 2: loss 1.0', 'epoch 1: loss 2.0'], 'epoch 1')).toEqual([1]);
  expect(rowsWith(['conv2d naive 24x24', 'conv2d tiled 24x24', 'dense tiled'], ' TILED conv2d ')).toEqual([
    1,
  ]);
});
