import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Engine } from '../../src/engine/engine.js';
import type { Predictions } from '../../src/engine/requests.js';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { applyEvent, beginRun, type RunState } from '../../src/tui/run_state.js';
import { makeTheme } from '../../src/tui/theme.js';
import { matrixLines } from '../../src/tui/widgets.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { localEngine } from '../helpers/local_engine.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const DATA = 'synthetic:140';
const labels = syntheticFaces(7, 140).splits.validation.labels;
/** Of the faces of the first class, every other one is taken for the third. */
const predicted = labels.map((label, i) => (label === 0 && i % 14 === 0 ? 2 : label));
const counts = CLASS_NAMES.map((_, truth) =>
  CLASS_NAMES.map(
    (_c, to) => [...labels.keys()].filter((i) => labels[i] === truth && predicted[i] === to).length,
  ),
);
const TAKEN = [...labels.keys()].filter((i) => labels[i] === 0 && predicted[i] === 2);
const predictions: Predictions = {
  ...{ classes: CLASS_NAMES, predicted },
  confidence: Float32Array.from(labels, (_, i) => 0.5 + i / 1000),
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fer-tui-cells-'));
  for (const file of ['best', 'last']) writeFileSync(join(folder, `${file}.safetensors`), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A run on the data whose last epoch has this matrix. */
function runWith(matrix: number[][], { config = {}, best = true } = {}): RunState {
  const [start, ...rest] = fakeEvents({ epochs: 1 }) as [StartEvent, ...TrainEvent[]];
  const events = [
    { ...start, path: folder, config: { ...start.config, data: DATA, ...config } },
    ...rest.map((event) =>
      event.type === 'epoch' && event.val
        ? { ...event, best, val: { ...event.val, confusion: matrix } }
        : event,
    ),
    ...fakeEnd(),
  ];
  return events.reduce((run, event) => applyEvent(run, event, 0), beginRun(0));
}

describe.each([
  [100, 30],
  [60, 20],
])('a cell of the confusion matrix, at %i x %i', (cols, rows) => {
  let at: Rendered | undefined;
  afterEach(() => at?.unmount());
  const asked: string[] = [];
  const local = localEngine();
  const engine: Engine = {
    ...local,
    request: ((name: string, args: { weights?: string }, options: object) => {
      if (name !== 'data.predict') return local.request(name as never, args as never, options);
      asked.push(String(args.weights));
      return Promise.resolve(predictions);
    }) as Engine['request'],
  };
  const open = (run: RunState): void => {
    asked.length = 0;
    at = renderAt(cols, rows, NONE, {
      screen: 'train',
      engine,
      state: { run, focus: { train: 'confusion' } },
    });
  };
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) {
      at?.press(key);
      await local.settled();
    }
    await local.settled();
    at?.flush();
  };
  const listed = (): readonly number[] =>
    (at?.program.store.state.screens.data as { list: number[] } | undefined)?.list ?? [];

  it('opens the faces that it counts, the most frequent confusion first', async () => {
    open(runWith(counts));
    expect(at?.text()).toMatch(/ ang(ry)? .*▸50/); // half of them
    await press('enter');
    expect(at?.program.store.state.screen).toBe('data');
    expect(asked).toEqual([join(folder, 'best.safetensors')]);
    expect(listed().toSorted((a, b) => a - b)).toEqual(TAKEN);
    expect(at?.text()).toContain('Angry taken for Fear');
    expect(at?.text()).not.toContain('in the matrix');
    await press('escape', 'escape');
    expect(listed()).toHaveLength(labels.length);
    expect(at?.text()).not.toContain('taken for');
  });

  it('is selected with the arrows, and with the pages by how frequent it is', async () => {
    open(runWith(counts));
    await press('left', 'left', 'left'); // from 2 to 0, and no further
    await press('enter');
    expect(at?.text()).toContain('Angry taken for Angry');
    expect(listed()).toHaveLength(counts[0]?.[0] ?? -1);
    at?.unmount();
    const two = counts.map((row, i) => (i === 3 ? row.map((n, j) => (j === 5 ? 1 : n)) : row));
    open(runWith(two));
    await press('pagedown', 'enter'); // from half of Angry to one of Happy
    expect(at?.text()).toMatch(/0 faces, but 1 in the matrix|model predicts that/);
    expect(at?.program.store.state.note?.text).toContain('0 faces, but 1 in the matrix');
  });

  it('asks the last weights where the last epoch was not the best', async () => {
    open(runWith(counts, { best: false }));
    await press('enter');
    expect(asked).toEqual([join(folder, 'last.safetensors')]);
  });

  it('says why it cannot: a fold, no weights', async () => {
    open(runWith(counts, { config: { fold: '1/5' } }));
    await press('enter');
    expect(at?.text()).toContain('validates on a fold');
    expect(at?.program.store.state.screen).toBe('train');
    at?.unmount();
    const run = runWith(counts);
    for (const file of ['best', 'last']) rmSync(join(folder, `${file}.safetensors`));
    open(run);
    await press('enter');
    expect(at?.text()).toContain('no weights are saved yet');
  });
});

it('marks one cell with a sign, and one line where only the frequent confusions fit', () => {
  const theme = makeTheme(NONE);
  const options = { theme, asCounts: true, cols: 60, rows: 8, cell: { truth: 0, predicted: 2 } };
  const lines = matrixLines(counts, CLASS_NAMES, options);
  expect(lines.filter((line) => line.includes('▸'))).toEqual([expect.stringContaining(`▸${TAKEN.length}`)]);
  const names = Array.from({ length: 12 }, (_, i) => `c${i}`);
  const many = names.map((_, i) => names.map((_n, j) => (j === (i + 1) % 12 ? 12 - i : 1)));
  const short = matrixLines(many, names, { ...options, cols: 30, cell: { truth: 0, predicted: 1 } });
  expect(short.filter((line) => line.includes('▸'))).toEqual([expect.stringMatching(/▸c0 → c1 +12/)]);
});
