import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { actionsOf } from '../../src/tui/actions.js';
import { follow } from '../../src/tui/live.js';
import { applyEvent, beginRun, type RunState } from '../../src/tui/run_state.js';
import { rateOf } from '../../src/tui/run_words.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { COLOUR, type Rendered, renderAt, toldEngine } from '../helpers/render_at.js';

/** Commands to a training that come before its first step, at a bound, or when it has just ended. */

const EVENTS = fakeEvents({ epochs: 1, steps: 20 }).slice(0, 10);
const played = (events: readonly TrainEvent[], run = beginRun(0)): RunState =>
  events.reduce((state, event) => applyEvent(state, event, 0), run);

let told = toldEngine();
let at: Rendered | undefined;
beforeEach(() => {
  told = toldEngine();
});
afterEach(() => at?.unmount());

/** Train with a run. */
function open(run: RunState): Rendered {
  const opened = renderAt(100, 30, COLOUR, { screen: 'train', engine: told.engine, state: { run } });
  follow(actionsOf(opened.program, 'train'));
  at = opened;
  return opened;
}

/** What the engine tells about the training. */
function hear(events: readonly TrainEvent[]): void {
  for (const event of events) told.tell({ type: 'train', event });
  at?.flush();
}

describe('the learning rate', () => {
  it('is not doubled beyond what a training takes', () => {
    const { press, text } = open({ ...played(EVENTS), rate: 8 });
    press(']');
    expect(told.sent).toEqual([]);
    expect(text()).toContain('lr: a number in (0, 10]');
    press('[');
    expect(told.sent).toEqual([{ type: 'lr', lr: 4 }]);
  });

  it('is not changed before it is known: that of the settings may be any', () => {
    const { press, text } = open(beginRun(0));
    press('[', ']', 'l', 'escape');
    expect(told.sent).toEqual([]);
    const [start] = EVENTS as [StartEvent];
    hear([{ ...start, config: { ...start.config, lr: 0.5 } }]);
    press('[');
    expect(told.sent).toEqual([{ type: 'lr', lr: 0.25 }]);
    expect(text()).toContain('learning rate 0.250');
  });

  it('that was asked for too late is not shown as that of the ended run', () => {
    const { press, program } = open(played(EVENTS));
    press('[');
    hear(fakeEnd());
    const { run } = program.store.state;
    expect(run && rateOf(run)).toBe(0.001);
  });
});

describe('a training that ends while a question is open', () => {
  it.each([
    ['l', 'enter'],
    ['x', 's'],
    ['x', 'e'],
  ])('is sent nothing by %s, %s, which is said', (question, answer) => {
    const { press, text } = open(played(EVENTS));
    press(question);
    hear(fakeEnd());
    press(answer);
    expect(told.sent).toEqual([]);
    expect(text()).toContain('the training has ended');
  });
});

it('a paused training that ends before it could save is not taken apart, nor is a later one for it', () => {
  const { press, program } = open({ ...played(EVENTS), phase: 'paused' });
  press('t');
  expect(told.sent).toEqual([{ type: 'checkpoint' }]);
  hear([...fakeEnd(), ...EVENTS, { type: 'note', kind: 'checkpoint', message: 'saved', step: 9 }]);
  expect(program.store.state.screen).toBe('train');
});
