import { expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { fakeEvents } from '../helpers/events.js';
import { renderAt } from '../helpers/render_at.js';

/** A run in its first validation, which has begun a second after the clock of the screen. */
const NOW = 1_000_000;
const events = fakeEvents();
const VALIDATING: TrainEvent = {
  ...{ type: 'note', kind: 'validate', message: 'validating 59 %' },
  progress: { done: 59, total: 100 },
};
const run = [
  ...events.slice(
    0,
    events.findIndex(({ type }) => type === 'epoch'),
  ),
  VALIDATING,
].reduce((state, event) => applyEvent(state, event, NOW + 900), beginRun(NOW));

it.each([
  [140, 45],
  [100, 30],
  [80, 24],
  [60, 20],
])('at %i x %i, no number is told that there is not', (cols, rows) => {
  const at = renderAt(
    cols,
    rows,
    { color: 'none', glyphs: 'unicode' },
    { screen: 'train', state: { run, now: NOW } },
  );
  expect(at.text()).toContain('validating 59 % · 0 s');
  expect(at.text()).not.toMatch(/NaN|59 % · 59 %|-\d+ s/);
  expect(at.text()).toMatch(/V (o )?–/);
  at.unmount();
});
