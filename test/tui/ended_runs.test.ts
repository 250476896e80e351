import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { actionsOf } from '../../src/tui/actions.js';
import { follow } from '../../src/tui/live.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { renderAt, toldEngine } from '../helpers/render_at.js';
import { writeRun } from '../helpers/run_folders.js';

/** Train with a run that has ended, or goes on, at 60 x 20 or 100 x 30. */
function open(events: ReturnType<typeof fakeEvents>, [cols, rows]: readonly [number, number]) {
  const { engine, sent, tell } = toldEngine();
  const run = events.reduce((state, event) => applyEvent(state, event, 0), beginRun(0));
  const at = renderAt(
    cols,
    rows,
    { color: 'none', glyphs: 'unicode' },
    { screen: 'train', engine, state: { run } },
  );
  follow(actionsOf(at.program, 'train'));
  return { at, sent, tell };
}

const SIZES = [
  [100, 30],
  [60, 20],
] as const;

it.each(SIZES)('at %i x %i, R extends a run that has finished: it asks for the epochs in all', (...size) => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-extend-'));
  const path = writeRun(folder, 'r7', { events: [...fakeEvents(), ...fakeEnd()] });
  const events = [...fakeEvents(), ...fakeEnd()].map((event) =>
    event.type === 'start' ? { ...event, path } : event,
  );
  const { at, sent } = open(events, size);
  at.press('R');
  expect(at.text()).toContain('new total of epochs of r7');
  at.press('2', 'enter');
  expect(at.text()).toContain('expected a whole number from 4');
  expect(sent).toEqual([]);
  at.press('backspace', '9', 'enter');
  expect(sent).toEqual([{ type: 'resume', path, changes: { epochs: 9 } }]);
  at.unmount();
});

it.each(SIZES)('at %i x %i, a kill by the user is no crash: nothing is asked', (...size) => {
  const { at, tell } = open(fakeEvents(), size);
  at.press('x', 'k');
  tell({ type: 'exit', code: null, signal: 'SIGKILL' });
  at.flush();
  expect(at.program.store.state.overlay).toBeUndefined();
  expect(at.text()).toContain('killed: R resumes the run from its last checkpoint');
  expect(at.text()).not.toContain('the engine ended');
  at.unmount();
});

it.each(SIZES)('at %i x %i, Esc leads from the form back to the run', (...size) => {
  const { at } = open([...fakeEvents(), ...fakeEnd()], size);
  at.press('n');
  expect(at.text()).toContain('Start training');
  at.press('escape');
  expect(at.text()).not.toContain('Start training');
  expect(at.text()).toContain('FINISHED');
  at.unmount();
});
