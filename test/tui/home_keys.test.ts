import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import type { RunReport } from '../../src/train/runs.js';
import { ready } from '../../src/tui/loadable.js';
import { beginRun } from '../../src/tui/run_state.js';
import { fakeEvents } from '../helpers/events.js';
import { COLOUR, type Rendered, renderAt, toldEngine } from '../helpers/render_at.js';

let at: Rendered | undefined;
afterEach(() => at?.unmount());

/** A run on the disk, and what is told of it. */
function runOf(name: string, status: RunReport['status']): RunReport {
  const path = mkdtempSync(join(tmpdir(), `fer-tui-${name}-`));
  const [start, ...rest] = fakeEvents({ epochs: 1 }) as [StartEvent, ...TrainEvent[]];
  const events: TrainEvent[] = [{ ...start, run: name, path }, ...rest];
  writeFileSync(join(path, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const about = { model: 'fer-cnn', data: 'drawn faces', adapter: 'llvmpipe', begun: '', seconds: 1 };
  return { name, path, status, ...about, done: 1, of: 3, stepInEpoch: 0, best: null, epochs: [] } as never;
}
/** Home with these runs, the latest first; what the engine is sent. */
function home(runs: readonly RunReport[], state: object = {}) {
  const { engine, sent } = toldEngine();
  at = renderAt(100, 30, COLOUR, {
    ...{ engine, screen: 'home' },
    state: { screens: { home: { runs: ready(runs) } }, ...state },
  });
  return { sent, screen: () => at?.program.store.state.screen, run: () => at?.program.store.state.run };
}

it.each([
  'crashed',
  'stopped',
  'failed',
] as const)('R resumes the latest run that is unfinished: %s', (status) => {
  const [done, unfinished, older] = [runOf('r3', 'finished'), runOf('r2', status), runOf('r1', 'crashed')];
  const { sent, screen } = home([done, unfinished, older]);
  expect(at?.text()).toContain(`Resume r2 · ${status}`);
  at?.press('R');
  expect(sent).toEqual([{ type: 'resume', path: unfinished.path, changes: {} }]);
  expect(screen()).toBe('train');
});

it('R does nothing where all runs are finished, or one is going on', () => {
  for (const [runs, state] of [
    [[runOf('r1', 'finished')], {}],
    [[runOf('r1', 'crashed')], { run: beginRun(0) }],
  ] as const) {
    const { sent, screen } = home(runs, state);
    at?.press('R');
    expect([sent, screen()]).toEqual([[], 'home']);
    at?.unmount();
  }
  at = undefined;
});

it('w shows the latest run, whatever became of it, and resumes nothing', () => {
  const { sent, screen, run } = home([runOf('r3', 'finished'), runOf('r2', 'crashed')]);
  at?.press('w');
  expect([sent, screen(), run()?.start?.run]).toEqual([[], 'train', 'r3']);
});

it('t opens the form; while a training is going on, that one', () => {
  const form = () => (at?.program.store.state.screens['train'] as { form?: boolean } | undefined)?.form;
  const { screen } = home([runOf('r1', 'crashed')]);
  at?.press('t');
  expect([screen(), form()]).toEqual(['train', true]);
  at?.unmount();
  const going = home([], { run: beginRun(0) });
  at?.press('t');
  expect([going.screen(), form()]).toEqual(['train', false]);
});

it('up and down select what Enter starts, to the ends', () => {
  const { screen } = home([runOf('r1', 'finished')]);
  at?.press('up', 'down', 'enter'); // the second: the data
  expect(screen()).toBe('data');
  at?.unmount();
  const last = home([runOf('r1', 'finished')]);
  at?.press(...new Array<string>(9).fill('down'), 'enter');
  expect(last.screen()).toBe('runs');
});
