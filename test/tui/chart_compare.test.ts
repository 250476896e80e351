import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepEvent, TrainEvent } from '../../src/train/events.js';
import { listRuns } from '../../src/train/runs.js';
import { chartPng } from '../../src/tui/charts/chart_png.js';
import { chartSvg } from '../../src/tui/charts/chart_svg.js';
import { lineChart, type Series } from '../../src/tui/charts/line_chart.js';
import { applyEvent, beginRun, readRunState } from '../../src/tui/run_state.js';
import { makeTheme } from '../../src/tui/theme.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { eventually } from '../helpers/patience.js';
import { answeringEngine, type Rendered, renderAt } from '../helpers/render_at.js';
import { writeRun } from '../helpers/run_folders.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const cwd = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fer-tui-compare-'));
  process.chdir(folder);
});
afterEach(() => process.chdir(cwd));

/** A run of so many epochs, whose validation is better by `more`. */
function runOf(name: string, epochs: number, more = 0): string {
  const events = [...fakeEvents({ epochs }), ...fakeEnd()].map((event): TrainEvent => {
    if (event.type === 'start') return { ...event, run: name, path: join(folder, name) };
    if (event.type === 'step') return { ...event, gradientNorm: 100 / event.step } satisfies StepEvent;
    if (event.type !== 'epoch' || event.val === undefined) return event;
    return { ...event, val: { ...event.val, acc: event.val.acc + more } };
  });
  return writeRun(folder, name, { events });
}

const says = (at: Rendered, words: string): Promise<void> =>
  eventually(() => {
    at.flush();
    expect(at.text()).toContain(words);
  });

describe.each([
  [100, 30],
  [60, 20],
])('Train at %i x %i', (cols, rows) => {
  const open = (marked: readonly string[] = []) => {
    const own = runOf('r1', 3);
    for (const [name, more] of [
      ['r2', 0.1],
      ['r3', 0.2],
      ['r4', 0.3],
    ] as const)
      runOf(name, 4, more);
    const engine = answeringEngine({ 'runs.list': listRuns(folder) });
    const screens = { runs: { marked: marked.map((name) => join(folder, name)) } };
    const state = { run: readRunState(own), runsFolder: folder, screens };
    const at = renderAt(cols, rows, NONE, { screen: 'train', engine, state });
    const pick = async (words: string, ...keys: string[]): Promise<void> => {
      at.press('o');
      await says(at, 'compare with');
      at.press(...words, ...keys, 'enter');
    };
    const others = () =>
      (at.program.store.state.screens.train as { others: { start: { run: string } }[] }).others;
    const names = (): string[] => others().map(({ start }) => start.run);
    return { at, pick, names };
  };

  it('draws other runs over this one, to the end of the longest, and takes them away', async () => {
    const { at, pick, names } = open();
    await pick('r2');
    expect(at.text()).toContain('r2 over this run');
    at.press('tab');
    // r1 ends at 45 %, r2 after four epochs at 70 %.
    const title = at.lines().find((line) => /acc/.test(line)) ?? '';
    expect(title).toContain('45.0 %');
    expect(title).toContain('r2');
    expect(title).toContain('70.0 %');
    expect(at.text()).toMatch(/[└ ]0─.*3─+ epoch/);
    await pick('r3');
    await pick('r4'); // the third takes the place of the first
    expect(names()).toEqual(['r3', 'r4']);
    await pick('✓ r3');
    expect(names()).toEqual(['r4']);
    await pick('no other');
    expect(names()).toEqual([]);
    expect(at.text()).not.toContain('r4');
    at.unmount();
  });

  it('takes the runs that are marked on Runs', async () => {
    const { at, pick, names } = open(['r4', 'r2']);
    await pick('marked on');
    expect(names().toSorted()).toEqual(['r2', 'r4']);
    at.press('left');
    expect(at.program.store.state.table).toBe(false);
    at.press('T', '+');
    expect(at.text()).toMatch(/epoch.*r[24]/);
    at.unmount();
  });

  it('shows the norm of the gradient, on a logarithmic scale too', () => {
    const { at } = open();
    at.press('m', 'tab');
    expect(at.text()).toContain('gradient norm');
    expect(at.text()).toMatch(/100┤/);
    at.press('g');
    expect(at.text()).toContain('gradient norm (log)');
    at.press('m', 'm', 'm');
    expect(at.text()).toMatch(/acc(uracy)? \(log\)/);
    at.unmount();
  });

  it('writes the chart that has the focus as a picture', async () => {
    const { at, pick } = open();
    await pick('r2');
    at.press('W');
    await says(at, 'written: r1-loss.svg and r1-loss.png');
    const svg = readFileSync('r1-loss.svg', 'utf8');
    expect(svg).toContain('aria-label="r1: loss"');
    for (const name of ['training', 'training, batches', 'validation', 'r2'])
      expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/<circle/g)).toHaveLength(3 + 4); // the epochs of r1 and r2
    const png = PNG.sync.read(readFileSync('r1-loss.png'));
    expect([png.width, png.height]).toEqual([1600, 840]);
    const colours = new Set(
      Array.from({ length: png.data.length / 4 }, (_, i) => png.data.readUInt32BE(4 * i) >>> 8),
    );
    for (const colour of [0xffffff, 0x1f5fc4, 0xc25a00, 0x222222]) expect(colours).toContain(colour);
    at.press('m', 'tab', 'W');
    await says(at, 'written: r1-gradient-norm.svg');
    expect(readFileSync('r1-gradient-norm.svg', 'utf8')).toContain('>gradient norm</text>');
    at.unmount();
  });
});

it('says that there is no run to compare with', async () => {
  const engine = answeringEngine({ 'runs.list': [] });
  const run = fakeEvents().reduce((before, event) => applyEvent(before, event, 0), beginRun(0));
  const at = renderAt(100, 30, NONE, { screen: 'train', engine, state: { run } });
  at.press('o');
  await says(at, 'no other run with an epoch');
  at.unmount();
});

const LINE: Series = {
  ...{ name: 'a <b>', role: 'train', mark: '*' },
  points: [
    { x: 0, y: 0, low: -1, high: 1 },
    { x: 1, y: 10 },
    { x: 2, y: Number.NaN },
    { x: 3, y: 1000 },
  ],
};

it('a logarithmic axis leaves out what it cannot show, in cells and in pictures', () => {
  const options = { cols: 40, rows: 12, theme: makeTheme(NONE), glyphs: 'ascii', log: true } as const;
  const lines = lineChart([LINE], options);
  expect(lines[0]).toMatch(/^1000/);
  expect(lines.at(-2)).toMatch(/^10\.0/);
  const svg = chartSvg([LINE], { title: 'x & y', log: true });
  expect(svg).toContain('M70 375L780 60"'); // of 10 and 1000, from corner to corner
  expect(svg).toContain('a &lt;b&gt;');
  expect(svg).toContain('x &amp; y');
});

it('a picture has levels, markers and only the part that is shown', () => {
  const options = { title: 't', x: [0.5, 3] as const, y: [0, 1000] as const };
  const svg = chartSvg([{ ...LINE, dots: true }], {
    ...options,
    baselines: [{ y: 500, label: 'half' }],
    markers: [
      { x: 0, sign: 'v' },
      { x: 3, sign: '=' },
    ],
  });
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain('M70 217.5L780 217.5');
  expect(svg).toContain('>half</text>');
  expect(svg).toContain('>=</text>');
  expect(svg).not.toContain('>v</text>');
});

it('a PNG has lines, dots and texts where the SVG has them', () => {
  const line = {
    ...LINE,
    points: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
    dots: true,
  };
  const baselines = [{ y: 0.5, label: 'I' }];
  const png = PNG.sync.read(Buffer.from(chartPng([line], { title: 'I', y: [0, 1], baselines })));
  const at = (x: number, y: number): number => png.data.readUInt32BE(4 * (2 * y * png.width + 2 * x)) >>> 8;
  const blue = 0x1f5fc4;
  expect([at(425, 217), at(70, 375), at(780, 60), at(782, 60)]).toEqual([blue, blue, blue, blue]); // the line and its end's dot
  expect([at(425, 260), at(425, 180), at(10, 410)]).toEqual([0xffffff, 0xffffff, 0xffffff]);
  const row = Array.from({ length: 700 }, (_, i) => at(72 + i, 217));
  expect(row.filter((colour) => colour !== 0xffffff).length).toBeLessThan(500); // dashes
  expect(row.filter((colour) => colour !== 0xffffff).length).toBeGreaterThan(150);
  expect([at(73, 17), at(71, 17)]).toEqual([0x222222, 0xffffff]); // the letter of the title, and beside it
});

it('of a curve beyond the ends of the y axis, pictures have only what is between them', () => {
  const points = [-1e6, 0.5, 1e6].map((y, x) => ({ x, y }));
  const curves = [{ ...LINE, points, dots: true }];
  const options = { title: 't', y: [0, 1] as const, baselines: [{ y: 2, label: 'two' }] };
  const svg = chartSvg(curves, options);
  expect(svg.match(/<circle/g)).toHaveLength(1);
  expect(svg).toContain('clip-path="url(#area)"');
  expect(svg).not.toContain('two');
  const png = PNG.sync.read(Buffer.from(chartPng(curves, options)));
  const blue = Array.from({ length: png.height }, (_, y) => y).filter((y) =>
    Array.from({ length: png.width }, (_, x) => png.data.readUInt32BE(4 * (y * png.width + x)) >>> 8)
      .slice(200)
      .includes(0x1f5fc4),
  );
  expect([Math.min(...blue), Math.max(...blue)]).toEqual([expect.closeTo(119, -1), expect.closeTo(751, -1)]);
});

it('Runs and Studies have logarithmic scales too', async () => {
  runOf('r1', 3);
  const engine = answeringEngine({ 'runs.list': listRuns(folder) });
  const at = renderAt(100, 30, NONE, { screen: 'runs', engine, open: true });
  await says(at, 'r1');
  at.press('g');
  expect(at.text()).toContain('validation accuracy (log)');
  at.press('9');
  expect(at.program.store.state.screens.studies).not.toHaveProperty('log', true); // its own
  at.unmount();
});
