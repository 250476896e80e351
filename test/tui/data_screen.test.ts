import { afterEach, describe, expect, it } from 'vitest';
import { duplicateFaces } from '../../src/data/facts.js';
import { type Correction, faceId } from '../../src/data/labels_file.js';
import { PIXELS } from '../../src/data/split_builder.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Engine } from '../../src/engine/engine.js';
import type { DataReport, Predictions } from '../../src/engine/requests.js';
import { ready } from '../../src/tui/loadable.js';
import { gridOf } from '../../src/tui/screens/data_panels.js';
import type { DataState } from '../../src/tui/screens/data_state.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import type { Picture } from '../../src/util/picture.js';
import { localEngine } from '../helpers/local_engine.js';
import { COLOUR, type Rendered, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';

const faces = syntheticFaces(7, 70);
const report: DataReport = {
  ...{ path: 'synthetic:70', name: 'drawn faces', classes: CLASS_NAMES, skipped: 0, bad: [], notes: [] },
  splits: {
    train: { labels: faces.splits.train.labels, constant: [] },
    validation: { labels: faces.splits.validation.labels, constant: [] },
    test: { labels: new Uint8Array(0), constant: [] },
  },
};
const picture = (index: number): Picture =>
  ({
    ...{ width: 48, height: 48, channels: 1 },
    data: faces.splits.train.images.subarray(index * PIXELS, (index + 1) * PIXELS),
  }) as const;
const predictions: Predictions = {
  classes: CLASS_NAMES,
  predicted: faces.splits.train.labels.map((label, i) => (i % 5 === 0 ? (label + 1) % 7 : label)),
  confidence: Float32Array.from(faces.splits.train.labels, (_, i) => 0.5 + i / 200),
};
const open = {
  ...{ path: 'synthetic:70', report: ready(report), list: [...report.splits.train.labels.keys()] },
  faces: {
    source: 'synthetic:70 train',
    byIndex: new Map(Array.from({ length: 70 }, (_, i) => [i, picture(i)])),
  },
} satisfies Partial<DataState>;
/** A data set of 40 classes, of which one has a name that is not ASCII. */
const MANY = Array.from({ length: 40 }, (_, i) => (i === 30 ? 'colère 怒' : `person ${i}`));
const many = {
  ...open,
  report: ready({
    ...{ ...report, classes: MANY, notes: ['40 classes: person 0, person 1, ... (40)'] },
    splits: {
      ...report.splits,
      train: { labels: Uint8Array.from({ length: 70 }, (_, i) => i % 40), constant: [] },
    },
  }),
} satisfies Partial<DataState>;
const BAD = ['fer2013.csv:12: 2,303 pixels; expected 2,304 (48 x 48)'];

const decided = (index: number, decision: Pick<Correction, 'action' | 'label'>): Correction => ({
  ...{ split: 'train', index, face: faceId(faces.splits.train, index), was: index % 7, ...decision },
});
const labels = {
  labels: 'labels.csv',
  corrections: ready([
    decided(0, { action: 'relabel', label: 5 }),
    decided(1, { action: 'drop' }),
    decided(2, { action: 'keep' }),
  ]),
} satisfies Partial<DataState>;

describeScreens([
  {
    screen: 'data',
    name: 'decisions about labels',
    own: { ...open, ...labels },
    words: ['Angry → Sad|Angry > Sad', 'labels.csv: 1 relabelled'],
  },
  {
    screen: 'data',
    name: 'decisions on a contact sheet',
    own: { ...open, ...labels, mode: 'sheet' },
    words: ['→Sad #0|>Sad #0', '-Disgust #', '=Fear #2'],
  },
  {
    screen: 'data',
    name: 'which class?',
    own: { ...open, ...labels },
    keys: ['right', 'r'],
    words: ['relabel #1 train', 'Disgust in the data set', '7  Surprise'],
  },
  {
    screen: 'data',
    name: 'many classes',
    own: { ...many, only: 30 },
    words: ['col', '2.9 %', '40 classes'],
  },
  {
    screen: 'data',
    name: 'which of many classes?',
    own: { ...many, ...labels },
    keys: ['r', 'x', 'enter'],
    words: ['relabel #0 train', 'number from 1', 'expected one of'],
  },
  {
    screen: 'data',
    name: 'names of the classes',
    own: open,
    keys: ['N', 'a', 'enter'],
    words: ['names of the classes', '1 names'],
  },
  {
    screen: 'data',
    name: 'a file of decisions about other data',
    own: { ...open, labels: 'labels.csv', corrections: failed('labels.csv: train 0 is another picture') },
    words: ['another picture', 'L chooses'],
  },
  {
    screen: 'data',
    name: 'reading',
    own: { report: { ...loading('reading a.csv'), done: 41, total: 100 } },
    words: ['reading a.csv 41 %'],
  },
  {
    screen: 'data',
    name: 'no file',
    own: { report: failed('a.csv: there is no such file') },
    words: ['✗|x', 'no such file'],
  },
  {
    screen: 'data',
    name: 'numbered folders',
    own: { path: 'a', report: failed('a: folder train/0 is a number; name it with --classes') },
    words: ['folder train/0', 'N names the classes'],
  },
  { screen: 'data', name: 'a face', own: open, words: ['#0 train', 'Angry', '14.3 %', '0 unreadable'] },
  {
    screen: 'data',
    name: 'a contact sheet',
    own: { ...open, mode: 'sheet' },
    words: ['#0 train', 'Angry #0'],
  },
  {
    screen: 'data',
    name: 'augmentation',
    own: { ...open, mode: 'augment', variants: { source: '', pictures: [picture(1), picture(2)] } },
    words: ['seed 7', 'original', 'epoch 2'],
  },
  {
    screen: 'data',
    name: 'bad rows and what a model says',
    own: {
      ...open,
      report: ready({ ...report, skipped: 1, bad: BAD }),
      predictions: ready(predictions),
      weights: 'r1',
    },
    words: ['1 unreadable', 'fer2013.csv:12', 'model says Disgust 50 %'],
  },
  {
    screen: 'data',
    name: 'nothing left',
    own: { ...open, list: [], filter: 'wrong' },
    words: ['no wrong prediction'],
  },
  {
    screen: 'data',
    name: 'a number that is none',
    own: open,
    keys: ['#', '9', '9', 'enter'],
    words: ['0–69|0-69'],
  },
]);

describe('the Data screen', () => {
  const engine = localEngine();
  let shown: Rendered | undefined;
  afterEach(() => shown?.unmount());
  const openAt = async (path: string): Promise<Rendered> => {
    const own = { path, report: failed('not yet') };
    const at = renderAt(100, 30, COLOUR, { screen: 'data', engine, state: { screens: { data: own } } });
    shown = at;
    await press(at, 'o', 'ctrl+u', ...path, 'enter');
    return at;
  };
  const press = async (at: Rendered, ...keys: string[]): Promise<void> => {
    at.press(...keys);
    await engine.settled();
    at.flush();
  };

  it('opens, walks, filters and goes to a number', async () => {
    const at = await openAt('synthetic:70');
    expect(at.text()).toContain('#0 train · Angry');
    expect([...(at.pictures()[0]?.picture.data ?? [])]).toEqual([...picture(0).data]);
    await press(at, 'right', 'right');
    expect(at.text()).toContain('#2 train · Fear');
    expect([...(at.pictures()[0]?.picture.data ?? [])]).toEqual([...picture(2).data]);
    await press(at, 'c', 'c');
    expect(at.text()).toMatch(/only Disgust, 1 of 10: #1 train · Disgust/);
    await press(at, '#', 'ctrl+u', '4', '2', 'enter');
    expect(at.text()).toContain('#42 train · Angry');
    await press(at, 's');
    expect(at.text()).toContain('validation · Angry');
  });

  it('shows what training makes of a face, and again the same', async () => {
    const at = await openAt('synthetic:70');
    await press(at, 'a');
    const first = at.pictures().map(({ picture: { data } }) => data.join());
    expect(first.length).toBeGreaterThan(4);
    expect(new Set(first).size).toBe(first.length);
    await press(at, 'A', 'ctrl+u', ...'none 3', 'enter');
    expect(new Set(at.pictures().map(({ picture: { data } }) => data.join())).size).toBe(1);
    await press(at, 'escape');
    expect(at.pictures()).toHaveLength(1);
  });

  it('names what the list is limited to, and of which image a twin is one', async () => {
    const at = await openAt('synthetic:70');
    await press(at, 'c');
    expect(at.text()).toContain('only Angry, 1 of 10: #0 train');
    const { report } = at.program.store.state.screens.data as { report: unknown };
    const groups = [
      [
        { split: 'train', index: 3, label: 0 },
        { split: 'train', index: 9, label: 0 },
        { split: 'test', index: 2, label: 0 },
      ],
    ];
    const own = {
      path: 'synthetic:70',
      report,
      twins: ready(groups),
      filter: 'twins',
      list: [3, 9],
      at: 1,
      only: undefined,
    };
    at.program.store.set({ screens: { data: own } });
    at.flush();
    expect(at.text()).toContain('only identical, 2 of 2: #9 train');
    expect(at.text()).toContain('identical to #3, test #2');
  });

  it('finds no identical images where there are none', async () => {
    const at = await openAt('synthetic:70');
    await press(at, 'd');
    expect(duplicateFaces(faces)).toEqual([]);
    expect(at.text()).toContain('no identical images');
  });

  it('says what a wrong path should have been', async () => {
    const at = await openAt('synthetic:2');
    expect(at.text()).toContain('N drawn training faces from 7');
    at.press('o', 'ctrl+u', ...'nowhere.csv', 'enter');
    expect(at.text()).toContain('nowhere.csv: not found');
  });

  it('asks which model, and says when there is no device', async () => {
    const at = await openAt('synthetic:70');
    await press(at, 'w');
    expect(at.text()).toContain('which model?');
    await press(at, 'f', ...'package.json', 'enter');
    expect(at.text()).toContain('no device in this test');
  });
});

describe('work on all images', () => {
  const stopped = (slot: 'w' | 'd', words: string): void => {
    const signals: AbortSignal[] = [];
    const request = ((_: string, __: unknown, { signal }: { signal?: AbortSignal } = {}) => {
      if (signal !== undefined) signals.push(signal);
      return new Promise(() => undefined);
    }) as Engine['request'];
    const at = renderAt(100, 30, COLOUR, {
      ...{ screen: 'data', engine: { ...SILENT_ENGINE, request } },
      state: {
        screens: { data: open },
        workspace: { ...NEW_WORKSPACE, weights: 'runs/r1/best.safetensors' },
      },
    });
    at.press(slot);
    expect(at.text()).toContain(words);
    expect(at.text()).toContain('Esc stop');
    at.press('escape');
    expect(at.text()).not.toContain(words);
    expect(at.text()).toContain('✓ stopped'); // which goes after some seconds
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    at.unmount();
  };

  it('ends with Esc: classifying', () => stopped('w', 'classifying train with runs/r1'));
  it('ends with Esc: comparing', () => stopped('d', 'comparing all images'));
});

describe('gridOf', () => {
  it('shows eight faces or more, as large as they can be', () => {
    expect(gridOf({ cols: 98, rows: 24 })).toEqual({ tile: { cols: 22, rows: 11 }, across: 4, down: 2 });
    expect(gridOf({ cols: 78, rows: 18 })).toEqual({ tile: { cols: 16, rows: 8 }, across: 4, down: 2 });
    expect(gridOf({ cols: 38, rows: 7 })).toEqual({ tile: { cols: 10, rows: 5 }, across: 3, down: 1 });
  });
});

it('at 60 x 20 the last row has the keys for a class and for what a model gets wrong', () => {
  const at = renderAt(60, 20, COLOUR, { screen: 'data', state: { screens: { data: open } } });
  at.press('o');
  expect(at.text()).toContain('Enter accepts · Esc cancels · Tab completes · ↑ older  │');
  at.press('escape');
  at.press('ctrl+p');
  expect(at.text()).toContain('Esc cancels · text filters');
  at.press('escape');
  expect(at.text()).toContain('←→ next · c class · w wrong · i info · ? keys · q quit');
  at.unmount();
});

it.each([
  'predictions',
  'twins',
] as const)('at 60 x 20 it is seen how far the load of %s has come', (slot) => {
  const text = 'classifying train with /home/someone/models/fer-cnn.h5 (Esc stops)';
  const going = { status: 'loading', since: 0, text, done: 34, total: 100 } as const;
  const own = { ...open, [slot]: going };
  const at = renderAt(60, 20, COLOUR, { screen: 'data', state: { now: 0, screens: { data: own } } });
  expect(at.text()).toContain('34 %');
  at.unmount();
});
