import { describe, expect, it, vi } from 'vitest';
import type { KernelList } from '../../src/engine/requests.js';
import { parseKeys } from '../../src/tui/input.js';
import { ready } from '../../src/tui/loadable.js';
import { Painter } from '../../src/tui/painter.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const RUN = [...fakeEvents(), ...fakeEnd()].reduce((run, event) => applyEvent(run, event, 0), beginRun(0));
const list: KernelList = {
  ...{ adapter: 'llvmpipe', batch: 28 },
  entries: Array.from({ length: 60 }, (_, i) => ({
    ...{ id: `k${i}`, kernel: `kernel_${i}.`, variant: 'naive', size: '7', group: `g${i}` },
  })),
};
const kernels = { screens: { kernels: { list: ready(list), selected: 30 } } };

/** Clicks on the first cell of a text on the screen. */
function click(at: Rendered, text: string, name: 'click' | 'wheelup' | 'wheeldown' = 'click'): void {
  const y = at
    .text()
    .split('\n')
    .findIndex((line) => line.includes(text));
  const x = at.text().split('\n')[y]?.indexOf(text) ?? -1;
  if (y < 0) throw new Error(`"${text}" is not on the screen:\n${at.text()}`);
  at.mouse(name, x, y);
}

describe('what terminals send', () => {
  it.each([
    ['\x1b[<0;12;5M', { name: 'click', text: '', at: { x: 11, y: 4 } }],
    ['\x1b[<64;1;1M', { name: 'wheelup', text: '', at: { x: 0, y: 0 } }],
    ['\x1b[<65;200;90M', { name: 'wheeldown', text: '', at: { x: 199, y: 89 } }],
  ])('%j', (data, key) => expect(parseKeys(data)).toEqual({ keys: [key], rest: '' }));

  it.each(['\x1b[<0;12;5m', '\x1b[<2;12;5M', '\x1b[<35;12;5M'])('%j is no key', (data) => {
    expect(parseKeys(`${data}x`)).toEqual({ keys: [{ name: 'x', text: 'x' }], rest: '' });
  });

  it('waits for the rest', () => {
    expect(parseKeys('\x1b[<0;1')).toEqual({ keys: [], rest: '\x1b[<0;1' });
  });

  it('is asked for, and no longer at the end', () => {
    for (const mouse of [true, false]) {
      const written: string[] = [];
      const write = (text: string): boolean => written.push(text) > 0;
      const terminal = { columns: 80, rows: 24, write, once: () => undefined };
      const painter = new Painter(terminal, { paintPicture: () => [], mouse });
      painter.enter();
      painter.leave();
      expect(written.join('').includes('\x1b[?1000h\x1b[?1006h')).toBe(mouse);
      expect(written.join('').includes('\x1b[?1006l\x1b[?1000l')).toBe(mouse);
    }
  });
});

describe.each([
  [100, 30],
  [80, 24],
  [60, 20],
])('the mouse at %i x %i', (cols, rows) => {
  it('opens tabs', () => {
    const at = renderAt(cols, rows, NONE);
    for (const [text, screen] of [
      [cols === 60 ? '7' : '7 Kernels', 'kernels'],
      [cols === 60 ? '4' : '4 Train', 'train'],
      [cols === 60 ? '9' : '9 Studies', 'studies'],
    ] as const) {
      const row = cols === 60 ? 0 : 1;
      const x = (at.text().split('\n')[row] ?? '').lastIndexOf(text);
      at.mouse('click', x, row);
      expect(at.program.store.state.screen).toBe(screen);
    }
    at.unmount();
  });

  it('gives panels the focus, and selects rows; a click on the selected one is Enter', () => {
    const at = renderAt(cols, rows, NONE);
    click(at, 'Last runs');
    expect(at.program.store.state.focus.home).toBe('runs');
    click(at, 'Look at the networks');
    expect(at.text()).toContain('▸ Look at the networks');
    expect(at.program.store.state).toMatchObject({ screen: 'home', focus: { home: 'start' } });
    click(at, 'Look at the networks');
    expect(at.program.store.state.screen).toBe('model');
    at.unmount();
  });

  it('selects rows of a list that is scrolled, and turns it', () => {
    const at = renderAt(cols, rows, NONE, { screen: 'kernels', state: kernels });
    const selected = (): unknown => (at.program.store.state.screens.kernels as { selected: number }).selected;
    click(at, 'kernel_27.');
    expect(selected()).toBe(27);
    click(at, 'kernel_31.');
    expect(selected()).toBe(31);
    click(at, 'kernel_31.', 'wheelup');
    expect(selected()).toBe(28);
    click(at, 'kernel_31.', 'wheeldown');
    expect(selected()).toBe(31);
    at.unmount();
  });

  it('selects nothing beside the rows of a list; a row that stays at the top is selected', () => {
    const at = renderAt(cols, rows, NONE, { screen: 'kernels', state: kernels });
    const own = (): unknown => (at.program.store.state.screens.kernels as { selected: number }).selected;
    click(at, 'kernel_31.');
    const y = at
      .text()
      .split('\n')
      .findIndex((line) => /│ *kernel /.test(line)); // the heading
    expect(y).toBeGreaterThan(0);
    at.mouse('click', 4, y);
    expect(own()).toBe(31);
    at.unmount();
    const train = renderAt(cols, rows, NONE, {
      screen: 'train',
      state: { screens: { train: { selected: 40 } } },
    });
    const selected = () => (train.program.store.state.screens.train as { selected: number }).selected;
    click(train, 'Start training');
    expect(selected()).toBe(0);
    train.unmount();
  });

  it('takes choices and options, and scrolls texts', () => {
    const at = renderAt(cols, rows, NONE);
    const run = vi.fn();
    const choices = [
      { key: 'a', label: 'first choice', run: () => undefined },
      { key: 'b', label: 'second choice', run },
    ];
    at.program.store.set({ overlay: { kind: 'question', title: 'sure?', lines: ['a question'], choices } });
    at.flush();
    click(at, 'a question');
    expect(run).not.toHaveBeenCalled();
    click(at, 'second choice');
    expect(run).toHaveBeenCalledOnce();
    expect(at.program.store.state.overlay).toBeUndefined();
    const options = ['one of them', 'two of them', 'three of them'].map((label) => ({
      label,
      run: () => run(label),
    }));
    at.program.store.set({ overlay: { kind: 'pick', title: 'which?', help: 'choose', options, at: 2 } });
    at.flush();
    click(at, 'one of them');
    expect(run).toHaveBeenLastCalledWith('one of them');
    at.press('?');
    const before = at.text();
    click(at, 'keys ─', 'wheeldown');
    expect(at.text()).not.toBe(before);
    expect(at.program.store.state.overlay).toMatchObject({ kind: 'help', scroll: 3 });
    at.unmount();
  });

  it('selects a cell of the confusion matrix, and zooms curves', () => {
    const focus = { train: 'confusion' };
    const at = renderAt(cols, rows, NONE, { screen: 'train', state: { run: RUN, focus } });
    const lines = at.text().split('\n');
    const head = lines.findIndex((line) => /ang +dis +fea/.test(line));
    at.mouse('click', (lines[head] ?? '').lastIndexOf('fea') + 1, head + 2);
    expect(at.program.store.state.screens.train).toMatchObject({ cell: { truth: 1, predicted: 2 } });
    at.mouse('click', (lines[head] ?? '').lastIndexOf('fea') + 1, head + 2);
    expect(at.text()).toContain('no weights are saved yet'); // what Enter says of this run
    at.program.store.set({ focus: { train: 'loss' } });
    at.flush();
    click(at, 'loss', 'wheelup');
    expect(at.program.store.state.screens.train).toMatchObject({ chart: { window: [1.5, 3] } });
    at.unmount();
  });
});
