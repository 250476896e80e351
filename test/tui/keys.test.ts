import { expect, it, vi } from 'vitest';
import { SCREEN_NAMES } from '../../src/tui/app_state.js';
import { keyLabel, keysLabel } from '../../src/tui/key_labels.js';
import { GLOBAL_KEYS, handleKey, singlePanel } from '../../src/tui/keys.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

it('digits open the screens in their order, without zoom or overlay', () => {
  const at = renderAt(100, 30, COLOUR, { state: { zoom: true } });
  const { store } = at.program;
  const seen = ['9', '8', '7', '6', '5', '4', '3', '2', '1'].map((key) => {
    store.set({ zoom: true });
    at.press(key);
    expect(store.state.zoom).toBe(false);
    return store.state.screen;
  });
  expect(seen).toEqual([...SCREEN_NAMES].reverse());
  at.press('0');
  expect(store.state.screen).toBe('home');
  at.unmount();
});

it('i, ? and T open what they say; T turns back; Escape leaves zoom and takes the note away', () => {
  const at = renderAt(100, 30, COLOUR);
  const { store } = at.program;
  at.press('i');
  expect(store.state.overlay).toEqual({ kind: 'info', scroll: 0 });
  at.press('escape', '?');
  expect(store.state.overlay).toEqual({ kind: 'help', scroll: 0 });
  at.press('escape', 'T');
  expect(store.state.table).toBe(true);
  at.press('T');
  expect(store.state.table).toBe(false);
  store.set({ zoom: true, note: { text: 'x', kind: 'bad' } });
  at.press('escape');
  expect(store.state).toMatchObject({ zoom: false, note: undefined });
  at.unmount();
});

it.each([
  [100, 30],
  [60, 20],
])('the last row keeps the keys for help and for leaving, and the first one the numbers of screens at %i x %i', (cols, rows) => {
  for (const screen of SCREEN_NAMES) {
    const at = renderAt(cols, rows, COLOUR, { screen });
    expect(at.text().split('\n').at(-1), screen).toContain('? keys');
    expect(at.text().trimEnd(), screen).toMatch(/q quit$/);
    const numbers = SCREEN_NAMES.map((_, i) => i + 1).join('.*');
    expect(at.text().split('\n').slice(0, 2).join(' '), screen).toMatch(new RegExp(numbers));
    at.unmount();
  }
});

it('help has every word of every key, and those that do nothing now apart', () => {
  const at = renderAt(60, 20, COLOUR, { screen: 'kernels' });
  const seen = new Set<string>();
  at.press('?');
  for (let i = 0; i < 60; i++) {
    for (const line of at.text().split('\n'))
      seen.add(
        line
          .replace(/[│┌┐└┘├┤┬┴┼─]/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      );
    at.press('down');
  }
  const all = [...seen].join(' ');
  expect(all).toContain('Kernels, at other times');
  expect(all).toContain('Unpins the choice');
  expect(all).not.toContain('…');
  at.unmount();
});

it('an overlay scrolls by one line or ten, not above its top; Escape leaves the zoom below it', () => {
  const at = renderAt(100, 30, COLOUR);
  const { store } = at.program;
  store.set({ overlay: { kind: 'help', scroll: 15 }, zoom: true });
  const scrolls = ['up', 'down', 'down', 'pageup', 'pagedown', 'pageup', 'pageup'].map((key) => {
    at.press(key);
    const { overlay } = store.state;
    return overlay?.kind === 'help' ? overlay.scroll : undefined;
  });
  expect(scrolls).toEqual([14, 15, 16, 6, 16, 6, 0]);
  at.press('escape');
  expect(store.state).toMatchObject({ overlay: undefined, zoom: true });
  at.unmount();
});

it('a prompt refuses and keeps what was typed; Escape submits nothing; a question closes before it acts', () => {
  const at = renderAt(80, 24, COLOUR);
  const { store } = at.program;
  const [submit, check] = [vi.fn(), vi.fn((text: string) => (text === 'ok' ? undefined : 'no'))];
  const prompt = { kind: 'prompt', title: '', help: '', check, submit } as const;
  store.set({ overlay: { ...prompt, value: ' a ' } });
  at.press('enter');
  expect(check).toHaveBeenCalledWith('a');
  expect(store.state.overlay).toMatchObject({ value: ' a ', error: 'no' });
  at.press('q'); // a letter, not the global key
  expect(store.state.overlay).toMatchObject({ line: { text: ' a q', at: 4 } });
  expect(store.state.overlay).not.toHaveProperty('error');
  at.press('escape');
  expect(store.state.overlay).toBeUndefined();
  expect(submit).not.toHaveBeenCalled();
  // What a choice opens stays open.
  const run = (): void => store.set({ overlay: { ...prompt, value: 'next' } });
  store.set({ overlay: { kind: 'question', title: '', lines: [], choices: [{ key: 'Y', label: '', run }] } });
  at.press('Y');
  expect(store.state.overlay).toMatchObject({ value: 'next' });
  at.unmount();
});

it("a screen's own key goes before the global one, unless it does nothing now", () => {
  const at = renderAt(100, 30, COLOUR);
  const { program } = at;
  const quit = vi.spyOn(program.host, 'quit');
  const home = program.screens.get('home');
  if (home === undefined) throw new Error('no home');
  const own = vi.fn();
  let now = true;
  const keys = [{ keys: ['q'], help: '', when: () => now, run: own }];
  Object.assign(program, { screens: new Map(program.screens).set('home', { ...home, keys }) });
  at.press('q');
  expect([own.mock.calls.length, quit.mock.calls.length]).toEqual([1, 0]);
  now = false;
  at.press('q');
  expect([own.mock.calls.length, quit.mock.calls.length]).toEqual([1, 1]);
  at.unmount();
});

it('what a key did is shown at once', () => {
  const at = renderAt(80, 24, COLOUR);
  handleKey(at.program, { name: 'T', text: 'T' });
  expect(at.program.store.snapshot().table).toBe(true);
  at.unmount();
});

it('one panel is shown when zoomed, or on a small terminal', () => {
  const at = renderAt(80, 24, COLOUR);
  const { state } = at.program.store;
  expect(singlePanel(state)).toBe(false);
  expect(singlePanel({ ...state, zoom: true })).toBe(true);
  expect(singlePanel({ ...state, size: { cols: 59, rows: 20 } })).toBe(true);
  expect(singlePanel({ ...state, size: { cols: 60, rows: 20 } })).toBe(false);
  at.unmount();
});

it.each([
  [['escape'], 'Esc'],
  [['shift+tab'], 'S-Tab'],
  [['ctrl+l'], '^L'],
  [['x'], 'x'],
  [['left', 'right'], '←→'],
  [['[', ']'], '[ ]'],
  [['up', 'k'], '↑ k'],
  [['1', '2', '3'], '1 2 3'],
  [['1', '2', '3', '4'], '1-4'],
  [['pageup', 'pagedown'], 'PgUp PgDn'],
  [['backspace', 'delete', 'enter'], 'Bksp Del Enter'],
  [['home', 'end', 'tab'], 'Home End Tab'],
])('the label of %j is %s', (keys, label) => {
  expect(keysLabel({ keys })).toBe(label);
  expect(keysLabel({ keys: keys.slice(0, 1) })).toBe(keyLabel(keys[0] as string));
});

it('no key is in the global table twice', () => {
  const keys = GLOBAL_KEYS.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

it('a note of what was done stays with its screen; an error goes along', () => {
  const at = renderAt(100, 30, COLOUR);
  const { store } = at.program;
  const after = (kind: 'info' | 'good' | 'bad', key: string) => {
    store.set({ screen: 'home', note: { text: 'stopped', kind } });
    at.press(key);
    return store.state.note?.text;
  };
  expect(['2', '1', '0'].map((key) => after('info', key))).toEqual([undefined, 'stopped', 'stopped']);
  expect(after('good', '2')).toBeUndefined();
  expect(after('bad', '2')).toBe('stopped');
  at.unmount();
});
