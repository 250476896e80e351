import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../src/engine/protocol.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { fakeEvents } from '../helpers/events.js';
import { renderAt, SILENT_ENGINE } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const GOING = fakeEvents().reduce((run, event) => applyEvent(run, event, 0), beginRun(0));

describe.each([
  [100, 30],
  [60, 20],
])('the list of all actions, at %i x %i', (cols, rows) => {
  const open = (state: object = {}) => {
    const sent: Command[] = [];
    const engine = { ...SILENT_ENGINE, send: (command: Command) => void sent.push(command) };
    return { at: renderAt(cols, rows, NONE, { screen: 'home', engine, state }), sent };
  };

  it('opens another screen', () => {
    const { at } = open();
    at.press(':', ...'opens kernels', 'enter');
    expect(at.program.store.state.screen).toBe('kernels');
    at.press('ctrl+p', ...'opens runs', 'enter');
    expect(at.program.store.state.screen).toBe('runs');
    at.unmount();
  });

  it('does what belongs to another screen, there, with its key beside it', () => {
    const { at, sent } = open({ run: GOING });
    at.press(':', ...'train pauses');
    expect(at.text()).toMatch(/▸ Train: Pauses or continues.* space/);
    at.press('enter');
    expect(at.program.store.state.screen).toBe('train');
    expect(sent).toEqual([{ type: 'pause' }]);
    at.unmount();
  });

  it('tells two keys of one binding apart', () => {
    const { at, sent } = open({ run: GOING });
    at.press(':', ...'halves or doubles', 'down', 'enter');
    expect(sent).toEqual([{ type: 'lr', lr: 0.002 }]);
    at.unmount();
  });

  it('says what cannot be done now', () => {
    const { at, sent } = open();
    at.press(':', ...'train pauses', 'enter');
    expect(at.text()).toContain('not now: Pauses or continues training');
    expect(sent).toEqual([]);
    at.unmount();
  });

  it('has no option for what does not fit, and Esc does nothing', () => {
    const { at } = open();
    at.press(':', ...'make coffee');
    expect(at.text()).toContain('no option contains this');
    at.press('escape');
    expect(at.program.store.state).toMatchObject({ overlay: undefined, screen: 'home' });
    at.unmount();
  });
});

it('lists what works here first, and every action of every screen', () => {
  const at = renderAt(100, 30, NONE, { screen: 'train', state: { run: GOING } });
  at.press(':');
  const { overlay } = at.program.store.state;
  const labels = overlay?.kind === 'pick' ? overlay.options.map(({ label }) => label) : [];
  expect(labels[0]).toMatch(/^Train: /);
  expect(labels.indexOf('Opens Kernels')).toBeLessThan(
    labels.findIndex((label) => label.startsWith('Runs: ')),
  );
  const moves = /^(up|down|left|right|page|home|end|escape)/;
  for (const { title, keys } of SCREENS.values())
    for (const { keys: names, help } of keys)
      if (!names.every((name) => moves.test(name))) expect(labels, help).toContain(`${title}: ${help}`);
  expect(labels).toContain('Quits; asks first while training');
  at.unmount();
});

it('what works everywhere works from it', () => {
  const at = renderAt(100, 30, NONE, { screen: 'home' });
  const quit = vi.fn();
  const program = { ...at.program, host: { ...at.program.host, quit } };
  Object.assign(at.program, { host: program.host });
  at.press(':', ...'quits', 'enter');
  expect(quit).toHaveBeenCalledOnce();
  at.press(':', ...'charts as tables', 'enter');
  expect(at.program.store.state.table).toBe(true);
  at.unmount();
});
