import { describe, expect, it, vi } from 'vitest';
import type { KernelList } from '../../src/engine/requests.js';
import type { RunReport } from '../../src/train/runs.js';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import { clipboardSequence } from '../../src/tui/clipboard.js';
import { commandLine } from '../../src/tui/form.js';
import { ready } from '../../src/tui/loadable.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { fakeEvents } from '../helpers/events.js';
import { renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const RUN = fakeEvents()
  .map((event) => (event.type === 'start' ? { ...event, config: { ...event.config, epochs: 9 } } : event))
  .reduce((run, event) => applyEvent(run, event, 0), beginRun(0));
const run: RunReport = {
  ...{
    name: 'r1',
    path: 'runs/r1',
    status: 'finished',
    begun: '',
    of: 3,
    done: 3,
    note: '',
    model: 'fer-cnn',
  },
  ...{
    data: '',
    dataNotes: [],
    adapter: '',
    changes: [],
    epochs: [],
    stepInEpoch: 0,
    best: null,
    seconds: 1,
  },
  ...{ peakBytes: null, damagedAfter: null, config: { data: 'my data/x.csv', epochs: 9, nesterov: null } },
};
const kernels: KernelList = {
  ...{ adapter: 'llvmpipe', batch: 28 },
  entries: [{ id: 'a', kernel: 'conv2d forward', variant: 'naive', size: '48x48' }],
};
const settings = { data: 'synthetic:70', epochs: 3 };

const form = { workspace: { ...NEW_WORKSPACE, settings } };
const timed = { a: { id: 'a', error: 0, ok: true, ms: { median: 1.5, p95: 2, low: 1, high: 2, n: 3 } } };

interface Case {
  readonly of: string;
  readonly screen: ScreenName;
  readonly state?: Partial<AppState>;
  readonly own?: object;
  readonly keys?: readonly string[];
  readonly text: string;
}
const CASES: readonly Case[] = [
  { of: 'the form', screen: 'train', state: form, text: 'fer-tui train --data synthetic:70 --epochs 3' },
  { of: 'a setting', screen: 'train', state: form, keys: ['down'], text: 'synthetic:70' },
  { of: 'a run on Train', screen: 'train', state: { run: RUN }, text: 'fer-tui train --epochs 9' },
  {
    ...{ of: 'a run on Runs', screen: 'runs', own: { runs: ready([run]) } },
    text: "fer-tui train --data 'my data/x.csv' --epochs 9",
  },
  { of: 'a data set', screen: 'data', own: { path: 'my data/x.csv' }, text: "fer-tui data 'my data/x.csv'" },
  { of: 'a network', screen: 'model', own: { model: 'fer-vgg' }, text: 'fer-tui summary fer-vgg' },
  {
    ...{ of: 'a kernel', screen: 'kernels', own: { list: ready(kernels), results: timed } },
    text: 'conv2d forward naive 48x48: 1.500 ms',
  },
];

describe('y copies', () => {
  it.each(CASES)('$of', ({ screen, state, own, keys = [], text }) => {
    const at = renderAt(100, 30, NONE, {
      screen,
      state: { ...state, ...(own && { screens: { [screen]: own } }) },
    });
    const copy = vi.spyOn(at.program.host, 'copy');
    at.press(...keys, 'y');
    expect(copy.mock.calls).toEqual([[text]]);
    expect(at.text()).toContain('for the clipboard: ');
    at.unmount();
  });

  it('the text of a screen that offers nothing else', () => {
    const at = renderAt(100, 30, NONE);
    const copy = vi.spyOn(at.program.host, 'copy');
    at.press('y');
    expect(copy.mock.calls[0]?.[0]).toContain('Train a new model');
    expect(at.text()).toContain('the text of the screen, for the clipboard');
    at.unmount();
  });

  it('as the sequence that terminals know', () => {
    expect(clipboardSequence('größer')).toBe(`\x1b]52;c;${Buffer.from('größer').toString('base64')}\x07`);
    expect(clipboardSequence('a'.repeat(1e6)).length).toBeLessThan(100_000);
  });
});

it('the last row says that y copies, and what, where there is something to copy and room', () => {
  const at = renderAt(140, 45, NONE, { screen: 'train', state: form });
  expect(at.text()).toContain('The same as a command, which y copies:');
  expect(at.lines().at(-1)).toContain('y copies the command');
  at.press('down');
  expect(at.lines().at(-1)).toContain('y copies data');
  at.press('1');
  expect(at.lines().at(-1)).not.toContain('y copies');
  at.unmount();
});

it('command lines can be pasted into a shell', () => {
  expect(commandLine({ data: "it's here.csv" })).toBe("fer-tui train --data 'it'\\''s here.csv'");
});
