import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../src/engine/protocol.js';
import { OPTIMIZERS } from '../../src/train/option_spec.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { actionsOf } from '../../src/tui/actions.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { fakeEvents } from '../helpers/events.js';
import { COLOUR, type Rendered, renderAt, toldEngine } from '../helpers/render_at.js';

let at: Rendered | undefined;
afterEach(() => at?.unmount());

describe('the form for a new run', () => {
  const settings = (): object => at?.program.store.state.workspace.settings ?? {};
  /** Selects a setting. */
  const select = (name: string): void => {
    const selected = OPTION_ENTRIES.findIndex(([own]) => own === name) + 1;
    at && actionsOf(at.program, 'train').set({ selected } as never);
    at?.flush();
  };
  beforeEach(() => {
    const workspace = { ...NEW_WORKSPACE, settings: { data: 'synthetic:70' } };
    at = renderAt(100, 30, COLOUR, { screen: 'train', state: { workspace } });
  });

  it('turns a setting to its next or previous choice, round', () => {
    select('optimizer');
    const [first, second] = OPTIMIZERS;
    const last = OPTIMIZERS.at(-1);
    at?.press('right');
    expect(settings()).toMatchObject({ optimizer: second });
    at?.press('left', 'left');
    expect(settings()).toMatchObject({ optimizer: last });
    at?.press('right');
    // The default is no setting.
    expect(settings()).toEqual({ data: 'synthetic:70' });
    expect(first).toBe('adam');
  });

  it('lists the choices of a setting, and takes one for that setting', () => {
    select('optimizer');
    at?.press('enter');
    expect(at?.text()).toMatch(/─ optimizer ─/);
    at?.press(...'sgd', 'enter');
    expect(settings()).toEqual({ data: 'synthetic:70', optimizer: 'sgd' });
    select('nesterov');
    at?.press('enter', ...'true', 'enter');
    expect(settings()).toEqual({ data: 'synthetic:70', optimizer: 'sgd', nesterov: true });
  });

  it('asks for a number, says what is wrong with it, and restores the default', () => {
    select('epochs');
    at?.press('enter', ...'0', 'enter');
    expect(at?.text()).toContain('✗ epochs');
    at?.press('ctrl+u', ...'7', 'enter');
    expect(settings()).toEqual({ data: 'synthetic:70', epochs: 7 });
    at?.press('backspace');
    expect(settings()).toEqual({ data: 'synthetic:70' });
  });

  it('remembers what was typed: paths for all settings that are files, other values for each alone', () => {
    const typed = (): object => at?.program.store.state.workspace.histories ?? {};
    select('epochs');
    at?.press('enter', ...'7', 'enter');
    select('data');
    at?.press('enter', 'ctrl+u', ...'synthetic:77', 'enter');
    expect(typed()).toEqual({ epochs: ['7'], path: ['synthetic:77'] });
  });
});

describe('the keys of a training', () => {
  const SENT: readonly (readonly [string, Command])[] = [
    ['space', { type: 'pause' }],
    ['S', { type: 'checkpoint' }],
    ['v', { type: 'validate' }],
    ['[', { type: 'lr', lr: 0.0005 }],
    [']', { type: 'lr', lr: 0.001 }], // of what was asked for
  ];

  it('give it their commands; a paused one goes on, or takes a single step', () => {
    const { engine, sent } = toldEngine();
    const run = fakeEvents({ epochs: 1, steps: 20 })
      .slice(0, 10)
      .reduce((state, event) => applyEvent(state, event, 0), beginRun(0));
    at = renderAt(100, 30, COLOUR, { screen: 'train', engine, state: { run } });
    for (const [key] of SENT) at.press(key);
    expect(sent).toEqual(SENT.map(([, command]) => command));
    sent.length = 0;
    at.press('s'); // not paused
    expect(sent).toEqual([]);
    at.program.store.set({ run: { ...run, phase: 'paused' } });
    at.press('s', 'space');
    expect(sent).toEqual([{ type: 'step' }, { type: 'continue' }]);
  });

  it.each([
    ['0', false],
    ['10.1', false],
    ['10', true],
    ['0.25', true],
  ])('ask for a learning rate in (0, 10]: %s', (text, good) => {
    const { engine, sent } = toldEngine();
    const run = fakeEvents({ epochs: 1, steps: 20 })
      .slice(0, 10)
      .reduce((state, event) => applyEvent(state, event, 0), beginRun(0));
    at = renderAt(100, 30, COLOUR, { screen: 'train', engine, state: { run } });
    at.press('l', 'ctrl+u', ...text, 'enter');
    expect(sent).toEqual(good ? [{ type: 'lr', lr: Number(text) }] : []);
    expect(at.text().includes('lr: a number in (0, 10]')).toBe(!good);
  });
});
