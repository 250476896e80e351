import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EpochEvent } from '../../src/train/events.js';
import type { RunReport } from '../../src/train/runs.js';
import { ready } from '../../src/tui/loadable.js';
import { type RunsState, shownRuns } from '../../src/tui/screens/runs_panels.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { localEngine } from '../helpers/local_engine.js';
import { COLOUR, type Rendered, renderAt } from '../helpers/render_at.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';

const epochs = (count: number, best: number): EpochEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ v: 1, type: 'epoch', t: '', run: '', epoch: i + 1, of: 30, train: { loss: 2 / (i + 1), acc: 0.5 } },
    ...{ val: { loss: 1.9 / (i + 1), acc: (best * (i + 1)) / count, recall: [0.4, 0.6] }, lr: 1e-3 },
    ...{ imgPerS: 100, seconds: 10, etaS: null, best: false },
  }));
const run = (name: string, change: Partial<RunReport> = {}): RunReport => ({
  ...{ name, path: `runs/${name}`, status: 'finished', begun: `2026-11-0${name.at(-1)}T10:00:00Z`, of: 30 },
  ...{
    model: 'fer-cnn',
    data: 'FER-2013',
    adapter: 'llvmpipe',
    config: { lr: 1e-3, batch: 28 },
    seconds: 100,
  },
  ...{
    epochs: epochs(10, 0.6),
    best: { epoch: 10, acc: 0.6 },
    done: change.epochs?.length ?? 10,
    stepInEpoch: 0,
    changes: [],
    peakBytes: null,
    damagedAfter: null,
    dataNotes: [],
    note: '',
    ...change,
  },
});
const LIST = [
  run('r1'),
  run('r2', { config: { lr: 1e-2, batch: 28 }, best: { epoch: 3, acc: 0.513 }, note: 'a larger rate' }),
  run('r3', { status: 'crashed', model: 'fer-vgg', best: null, epochs: [] }),
  run('r4', { status: 'damaged', damagedAfter: 9120 }),
  run('r5', { seconds: 4000 }),
];
const listed = { runs: ready(LIST) };
const two = { ...listed, marked: ['runs/r1', 'runs/r2'] };

describeScreens([
  { screen: 'runs', name: 'reading', own: { runs: loading('reading runs/') }, words: ['reading runs/'] },
  {
    screen: 'runs',
    name: 'no runs',
    own: { runs: ready([]) },
    words: ['no runs in runs/ yet', 't trains one'],
  },
  {
    screen: 'runs',
    name: 'a folder that cannot be read',
    own: { runs: failed('EACCES') },
    words: ['EACCES'],
  },
  {
    screen: 'runs',
    name: 'the list',
    own: listed,
    words: ['r5', '60.0 %', 'finished', 'damaged', 'crashed'],
  },
  {
    screen: 'runs',
    name: 'two compared',
    own: two,
    words: ['2 marked (at most 4)', 'validation accuracy', 'r2'],
  },
  { screen: 'runs', name: 'numbers', own: two, keys: ['T', 'v'], words: ['validation loss', 'epoch'] },
  {
    screen: 'runs',
    name: 'a damaged one',
    own: { ...listed, selected: 1 },
    words: ['damaged after line 9,120'],
  },
  { screen: 'runs', name: 'no match', own: { ...listed, filter: 'x9' }, words: ['no run matches "x9"'] },
  {
    screen: 'runs',
    name: 'a fifth mark',
    own: listed,
    keys: LIST.flatMap(() => ['space', 'down']),
    words: ['4 runs are marked'],
  },
  {
    screen: 'runs',
    name: 'deleting',
    own: listed,
    keys: ['D', 'x', 'enter'],
    words: ['permanently', 'this is not r5'],
  },
]);

it('the title of the list counts marks once there are any', () => {
  const at = renderAt(100, 30, COLOUR, { screen: 'runs', state: { screens: { runs: listed } } });
  expect(at.text()).toMatch(/runs · latest first ─/);
  at.press('space');
  expect(at.text()).toMatch(/runs · 1 marked \(at most 4\) · latest first ─/);
  at.unmount();
});

it.each([
  [100, 30],
  [140, 45],
])('the list has all columns at %i x %i, and the settings that differ are a table', (cols, rows) => {
  const at = renderAt(cols, rows, COLOUR, { screen: 'runs', state: { screens: { runs: two } } });
  expect(at.text()).toMatch(/\* r1 +o r2/);
  expect(at.text()).toMatch(/lr +0\.001 +0\.01/);
  expect(at.text()).toMatch(/run +model +epochs +best val +macro +time +status/);
  at.unmount();
});

it.each([
  [100, 30],
  [60, 20],
])('at %i x %i, the settings that differ have a column for each of four runs', (cols, rows) => {
  const runs = LIST.slice(0, 1).flatMap((run) =>
    ['r1', 'r2', 'r3', 'r4'].map((name, i) => ({
      ...{ ...run, name, path: name },
      config: { data: `/a/long/path/of/a/data/set/number/${i}.csv`, epochs: 10 + i },
    })),
  );
  const own = { ...two, runs: ready(runs), marked: runs.map(({ path }) => path) };
  const at = renderAt(cols, rows, COLOUR, { screen: 'runs', state: { screens: { runs: own } } });
  expect(at.text()).toMatch(/(accuracy|val) +r1 \* 60.0 % +r2 o 60.0 % +r3 \+ 60.0 % +r4 x 60.0 % /);
  if (cols === 60) at.press('tab', 'tab', '+');
  expect(at.text()).toMatch(/\* r1 +o r2 +\+ r3 +x r4/);
  expect(at.text()).toMatch(/epochs +10 +11 +12 +13/);
  at.unmount();
});

describe('shownRuns', () => {
  const state = { runs: ready(LIST), order: 'latest', filter: '' } as RunsState;
  const names = (change: Partial<RunsState>): string[] =>
    shownRuns({ ...state, ...change }).map(({ name }) => name);

  it('orders and filters', () => {
    expect(names({})).toEqual(['r5', 'r4', 'r3', 'r2', 'r1']);
    expect(names({ order: 'name' })).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
    expect(names({ order: 'best' }).slice(-2)).toEqual(['r2', 'r3']);
    expect(names({ order: 'time' })[0]).toBe('r5');
    expect(names({ filter: 'VGG' })).toEqual(['r3']);
  });
});

describe('the Runs screen', () => {
  const engine = localEngine();
  const runsFolder = mkdtempSync(join(tmpdir(), 'fer-tui-runs-'));
  for (const name of ['r1', 'r2']) {
    mkdirSync(join(runsFolder, name));
    const events = [...fakeEvents(), ...(name === 'r2' ? fakeEnd() : [])];
    writeFileSync(
      join(runsFolder, name, 'events.ndjson'),
      events.map((e) => `${JSON.stringify(e)}\n`).join(''),
    );
  }
  let shown: Rendered | undefined;
  afterEach(() => shown?.unmount());
  const opened = async (): Promise<Rendered> => {
    const at = renderAt(100, 30, COLOUR, { screen: 'runs', engine, open: true, state: { runsFolder } });
    shown = at;
    await press(at, 'o', 'o');
    return at;
  };
  const press = async (at: Rendered, ...keys: string[]): Promise<void> => {
    await engine.settled();
    for (const key of keys) {
      at.press(key);
      await engine.settled();
    }
    at.flush();
  };

  it('keeps a note and shows a run on Train', async () => {
    const at = await opened();
    expect(at.text()).toMatch(/▸ +r1 .*crashed/);
    await press(at, 'n', ...'good', 'enter');
    expect(readFileSync(join(runsFolder, 'r1', 'note.txt'), 'utf8')).toBe('good\n');
    expect(at.text()).toContain('good');
    await press(at, 'enter');
    expect(at.text()).toContain('FROM LOG');
  });

  it('asks how far a finished run is to go on', async () => {
    const at = await opened();
    await press(at, 'down', 'R');
    expect(at.text()).toContain('new total of epochs of r2');
    await press(at, 'ctrl+u', '3', 'enter');
    expect(at.text()).toContain('expected a whole number from 4 to 10000');
  });

  it('deletes a run once its name was typed', async () => {
    const at = await opened();
    await press(at, 'down', 'D', 'r', '1', 'enter');
    expect(readdirSync(runsFolder)).toEqual(['r1', 'r2']);
    await press(at, 'backspace', '2', 'enter');
    expect(existsSync(join(runsFolder, 'r2'))).toBe(false);
    expect(at.text()).toContain('deleted');
    expect(at.text()).not.toMatch(/ r2 /);
  });
});
