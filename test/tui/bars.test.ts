import { describe, expect, it } from 'vitest';
import { LoadMeter } from '../../src/engine/load.js';
import type { KernelList } from '../../src/engine/requests.js';
import { thumbOf } from '../../src/tui/layout.js';
import { ready } from '../../src/tui/loadable.js';
import { applyEvent, beginRun, type RunState } from '../../src/tui/run_state.js';
import { sourceOf } from '../../src/tui/source_view.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;

/** Rows of the screen whose last cell is a part of the thumb. */
const thumb = (at: Rendered): number[] =>
  at
    .text()
    .split('\n')
    .flatMap((line, y) => (line.trimEnd().endsWith('█') ? [y] : []));

describe('scroll bars', () => {
  it('have a thumb as long as the part that is shown, from the first line to the last', () => {
    expect(thumbOf(10, { at: 0, of: 100 })).toEqual([0, 1]);
    expect(thumbOf(10, { at: 99, of: 100 })).toEqual([9, 1]);
    expect(thumbOf(10, { at: 0, of: 20 })).toEqual([0, 5]);
    expect(thumbOf(10, { at: 19, of: 20 })).toEqual([5, 5]);
    expect(thumbOf(10, { at: 5, of: 11 })).toEqual([1, 9]); // half of the way
    expect(thumbOf(10, { at: 4, of: 11 })).toEqual([0, 9]);
    expect(thumbOf(10, { at: 5, of: 10 })).toBeUndefined();
    expect(thumbOf(0, { at: 5, of: 10 })).toBeUndefined();
  });

  it.each([
    [100, 30],
    [60, 20],
  ])('show where the selected row is, at %i x %i, and nothing where all rows fit', (cols, rows) => {
    const list = (length: number): KernelList => ({
      ...{ adapter: 'llvmpipe', batch: 28 },
      entries: Array.from({ length }, (_, i) => ({
        id: `k${i}`,
        kernel: `k${i}`,
        variant: 'naive',
        size: '7',
        group: `${i}`,
      })),
    });
    const open = (length: number): Rendered =>
      renderAt(cols, rows, NONE, {
        screen: 'kernels',
        state: { screens: { kernels: { list: ready(list(length)) } } },
      });
    const few = open(3);
    expect(thumb(few)).toEqual([]);
    few.unmount();
    const at = open(320);
    const [first] = thumb(at);
    at.press('end');
    const [last] = thumb(at);
    expect((last ?? 0) - (first ?? 0)).toBeGreaterThan(rows - 10);
    at.press('home');
    expect(thumb(at)[0]).toBe(first);
    at.unmount();
  });

  it('are there for sources and settings', () => {
    const source = sourceOf([{ name: 'elu', entries: [], text: 'x\n'.repeat(300) }]);
    const own = {
      mode: 'source',
      source: ready(source),
      list: ready({ adapter: '', batch: 1, entries: [] }),
    };
    const at = renderAt(100, 30, NONE, { screen: 'kernels', state: { screens: { kernels: own } } });
    const before = thumb(at);
    expect(before.length).toBeGreaterThan(0);
    at.press('end');
    expect(thumb(at)[0]).toBeGreaterThan(before[0] ?? 99);
    at.unmount();
    const form = renderAt(60, 20, NONE, { screen: 'train' });
    expect(thumb(form).length).toBeGreaterThan(0);
    form.unmount();
  });
});

describe('the load of training', () => {
  it('is a share of all cores since the last look', () => {
    const clock = [0, 1000, 2000];
    const cpu = [0, 1000, 1500];
    const meter = new LoadMeter(
      () => clock.shift() ?? 0,
      () => cpu.shift() ?? 0,
      2,
    );
    expect(meter.read().cpu).toBe(0.5);
    const { cpu: second, memory, of } = meter.read();
    expect(second).toBe(0.25);
    expect(memory).toBeGreaterThan(1e6);
    expect(of).toBeGreaterThan(memory);
  });

  const load = { cpu: 0.75, memory: 512e6, of: 2048e6 };
  const going = fakeEvents().reduce((run, event) => applyEvent(run, event, 0), beginRun(0));

  it.each([
    [140, 45],
    [100, 30],
    [80, 24],
  ])('is shown as gauges while it goes on, at %i x %i', (cols, rows) => {
    const at = renderAt(cols, rows, NONE, { screen: 'train', state: { now: 0, run: { ...going, load } } });
    at.press('+', 'tab', 'tab', 'tab', 'tab');
    expect(at.text()).toContain('CPU ███─ 75 %');
    expect(at.text()).toContain('RAM █─── 512 MB');
    expect(at.text()).toMatch(/GPU (buffers )?210 MB/);
    at.unmount();
  });

  it('is no longer shown when training is over', () => {
    const over = fakeEnd().reduce<RunState>((run, event) => applyEvent(run, event, 0), { ...going, load });
    const at = renderAt(140, 45, NONE, { screen: 'train', state: { run: over } });
    expect(at.text()).not.toContain('RAM');
    expect(at.text()).toContain('GPU buffers 210 MB · peak 252 MB');
    at.unmount();
  });
});
