import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  chartCsv,
  moved,
  panned,
  placesOf,
  spanOf,
  valueAt,
  WHOLE_CHART,
  zoomed,
} from '../../src/tui/charts/chart_view.js';
import { lineChart, type Series } from '../../src/tui/charts/line_chart.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { axisOf } from '../../src/tui/screens/train_charts.js';
import { makeTheme } from '../../src/tui/theme.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const EXTENT = [0, 8] as const;
const PLACES = [1, 2, 3, 4, 5, 6, 7, 8];
const RUN = [...fakeEvents(), ...fakeEnd()].reduce((run, event) => applyEvent(run, event, 0), beginRun(0));

describe('the part of a chart that is shown', () => {
  it('halves about the cursor, which stays where it is on the screen', () => {
    const at = { ...WHOLE_CHART, cursor: 2 };
    expect(zoomed(at, EXTENT, 0.5).window).toEqual([1, 5]);
    expect(zoomed(zoomed(at, EXTENT, 0.5), EXTENT, 0.5).window).toEqual([1.5, 3.5]);
  });

  it('halves to the newest end without a cursor, and is the whole again when it would be more', () => {
    const half = zoomed(WHOLE_CHART, EXTENT, 0.5);
    expect(half.window).toEqual([4, 8]);
    expect(zoomed(half, EXTENT, 2).window).toBeUndefined();
  });

  it('moves no further than the ends, and takes the cursor with it', () => {
    const half = { ...WHOLE_CHART, window: [4, 8], cursor: 7 } as const;
    expect(panned(half, EXTENT, -0.25)).toMatchObject({ window: [3, 7], cursor: 7 });
    expect(panned(half, EXTENT, -0.5)).toMatchObject({ window: [2, 6], cursor: 6 });
    expect(panned(half, EXTENT, 1).window).toEqual([4, 8]);
    expect(panned(WHOLE_CHART, EXTENT, 1)).toBe(WHOLE_CHART);
  });
});

it('the ends of an axis are two numbers, or none', () => {
  expect(spanOf('0.5 2', false)).toEqual([0.5, 2]);
  expect(spanOf(' 40 %, 70 % ', false)).toEqual([40, 70]);
  expect(spanOf('-1 1', false)).toEqual([-1, 1]);
  expect(spanOf(' ', true)).toBeUndefined();
  for (const text of ['1', '2 1', '1 1', 'a b', '0 1 2', '0 Infinity'])
    expect(spanOf(text, false)).toContain('two numbers');
  expect(spanOf('0 1', true)).toContain('above 0');
});

it('what lies beyond the ends of the y axis is not drawn', () => {
  const points = [-1e9, 1, 3, 1e9].map((y, x) => ({ x, y }));
  const options = { cols: 20, rows: 5, theme: makeTheme(NONE), glyphs: 'ascii', y: [1, 3] } as const;
  const lines = lineChart([{ name: 'a', role: 'train', mark: '*', points }], options);
  expect(lines[0]?.startsWith('3')).toBe(true);
  expect(lines[3]?.startsWith('1')).toBe(true);
  expect(lines.join('')).toContain('*');
  expect(lines[2]).not.toMatch(/[|] {0,2}[*]{3,}/);
});

describe('the cursor of a chart', () => {
  it('begins at the newest value, and goes from value to value', () => {
    const newest = moved(WHOLE_CHART, PLACES, EXTENT, -1);
    expect(newest.cursor).toBe(8);
    expect(moved(newest, PLACES, EXTENT, -1).cursor).toBe(7);
    expect(moved(newest, PLACES, EXTENT, 1).cursor).toBe(8);
    expect(moved(WHOLE_CHART, PLACES, EXTENT, Number.NEGATIVE_INFINITY).cursor).toBe(1);
  });

  it('passes over values that lie closer than it moves', () => {
    const dense = Array.from({ length: 801 }, (_, i) => i / 100);
    expect(moved({ ...WHOLE_CHART, cursor: 4 }, dense, EXTENT, 1).cursor).toBeCloseTo(4.13);
    expect(moved({ ...WHOLE_CHART, cursor: 4 }, dense, EXTENT, -8).cursor).toBeCloseTo(3);
  });

  it('takes the part that is shown with it', () => {
    const at = { ...WHOLE_CHART, window: [4, 6], cursor: 6 } as const;
    expect(moved(at, PLACES, EXTENT, 1)).toMatchObject({ window: [5, 7], cursor: 7 });
  });

  it('reads the latest value up to there, and none before the first', () => {
    const curve = {
      points: [
        { x: 1, y: 10 },
        { x: 2, y: Number.NaN },
        { x: 3, y: 30 },
      ],
    };
    expect([0.5, 1, 2.5, 9].map((x) => valueAt(curve, x)?.y)).toEqual([undefined, 10, 10, 30]);
  });
});

const SERIES: readonly Series[] = [
  {
    name: 'T',
    role: 'train',
    mark: '*',
    points: [
      { x: 1, y: 2 },
      { x: 2, y: 100 },
      { x: 3, y: Number.NaN },
    ],
  },
  { name: 'V', role: 'validation', mark: 'o', points: [{ x: 1, y: 3 }] },
];

it('points of charts are written as CSV, without those that are no numbers', () => {
  expect(chartCsv(SERIES, 'epoch')).toBe('curve,epoch,value\nT,1,2\nT,2,100\nV,1,3\n');
  expect(placesOf(SERIES)).toEqual([1, 2]);
});

it('a part of a chart has the scale of the values in it, and the cursor stands at its place', () => {
  const theme = makeTheme(NONE);
  const lines = lineChart(SERIES, { cols: 30, rows: 6, theme, glyphs: 'ascii', x: [0.5, 1.5], cursor: 1.5 });
  expect(lines[0]).toMatch(/^3\.00/);
  expect(lines.every((line) => !line.includes('100'))).toBe(true);
  for (const line of lines.slice(0, -1)) expect(line.at(-1)).toBe('|');
});

it('the x axis tells an epoch as steps and as seconds of training', () => {
  expect(axisOf(RUN, 'step').of(1.5)).toBe(30);
  expect([0, 0.5, 1, 3].map(axisOf(RUN, 'time').of)).toEqual([0, 15, 30, 90]);
  expect(axisOf(RUN, 'time').text(90)).toBe('1:30');
  expect(axisOf(RUN, 'epoch').of(1.5)).toBe(1.5);
});

describe('the charts on Train', () => {
  let folder: string | undefined;
  const before = process.cwd();
  afterEach(() => {
    process.chdir(before);
    if (folder !== undefined) rmSync(folder, { recursive: true });
    folder = undefined;
  });

  it.each([
    [100, 30],
    [60, 20],
  ])('say the smoothed value whole at %i x %i', (cols, rows) => {
    const shown = renderAt(cols, rows, NONE, { screen: 'train', state: { run: RUN } });
    expect(shown.text()).toMatch(/smoothed 0\.9: \d\.\d{3}/);
    if (cols === 100) expect(shown.text()).toMatch(/smoothed 0\.9: \d\d\.\d %/);
    shown.unmount();
  });

  it('forget the part and the cursor with Esc, and for another run', () => {
    const shown = renderAt(100, 30, NONE, { screen: 'train', state: { run: RUN } });
    shown.press('left', '=');
    expect(shown.text()).toContain('epoch 3: T');
    shown.press('escape');
    expect(shown.text()).not.toContain('epoch 3: T');
    expect(shown.text()).not.toContain('(part');
    shown.press('left', '=');
    shown.program.store.set({ run: { ...RUN, begun: 1 } });
    shown.press('1', '4');
    expect(shown.text()).not.toContain('epoch 3: T');
    shown.unmount();
  });

  it('are written to a file named after the run and the chart', () => {
    folder = mkdtempSync(join(tmpdir(), 'fer-tui-chart-'));
    process.chdir(folder);
    const shown = renderAt(100, 30, NONE, { screen: 'train', state: { run: RUN } });
    shown.press('tab', 'm', 'm', 'w');
    expect(shown.text()).toContain('written: r7-learning-rate.csv');
    const lines = readFileSync('r7-learning-rate.csv', 'utf8').trim().split('\n');
    expect(lines[0]).toBe('curve,epoch,value');
    expect(lines.at(-1)).toBe('learning rate,3,0.001');
    shown.unmount();
  });
});
