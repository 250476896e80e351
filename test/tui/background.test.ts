import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { BackgroundAnswer, backgroundOf, chooseTheme, themeOn } from '../../src/tui/background.js';
import { Input, type Key, parseKeys } from '../../src/tui/input.js';
import { detectCapability } from '../../src/tui/paint/capability.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { readWorkspace, WorkspaceKeeper } from '../../src/tui/workspace_file.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

const LIGHT = '11;rgb:ffff/ffff/ffff';

describe('an answer of the terminal', () => {
  it.each([
    [`\x1b]${LIGHT}\x1b\\`, LIGHT],
    [`\x1b]${LIGHT}\x07`, LIGHT],
    ['\x1b]10;rgb:00/00/00\x07', '10;rgb:00/00/00'],
  ])('%j is no key that types', (data, text) => {
    expect(parseKeys(`a${data}q`)).toEqual({
      keys: [
        { name: 'a', text: 'a' },
        { name: 'answer', text },
        { name: 'q', text: 'q' },
      ],
      rest: '',
    });
  });

  it('is waited for, letter by letter; what never ends is dropped', () => {
    vi.useFakeTimers();
    const stdin = Object.assign(new PassThrough(), { setRawMode: () => undefined });
    const keys: Key[] = [];
    const input = new Input(stdin, (key) => keys.push(key));
    input.start();
    for (const letter of `\x1b]${LIGHT}\x1b\\`) {
      stdin.emit('data', letter);
      vi.advanceTimersByTime(20);
    }
    expect(keys).toEqual([{ name: 'answer', text: LIGHT }]);
    stdin.emit('data', '\x1b]11;rgb:ffff');
    vi.advanceTimersByTime(6000);
    stdin.emit('data', 'x');
    expect(keys.slice(1)).toEqual([{ name: 'x', text: 'x' }]);
    input.stop();
    vi.useRealTimers();
  });
});

it('a background is read in any depth', () => {
  expect(backgroundOf('11;rgb:1e1e/2020/ffff')).toBe('1e20ff');
  expect(backgroundOf('11;rgb:1e/20/ff')).toBe('1e20ff');
  expect(backgroundOf('11;rgba:f/0/8/f')).toBe('ff0088');
  expect([backgroundOf('10;rgb:00/00/00'), backgroundOf('11;?'), backgroundOf('11;rgb:x/y/z')]).toEqual(
    new Array(3).fill(undefined),
  );
});

it('a theme is chosen only where all of its colours can be read', () => {
  expect(['000000', '1e1e1e', '282c34', '002b36'].map(themeOn)).toEqual(new Array(4).fill('dark'));
  expect(['ffffff', 'fafafa', 'fdf6e3'].map(themeOn)).toEqual(new Array(3).fill('light'));
  expect(themeOn('808080')).toBeUndefined();
});

describe('the question', () => {
  const asked = (
    color: 'truecolor' | '256' | '16' | 'none',
  ): { written: string; answer: BackgroundAnswer } => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const answer = new BackgroundAnswer({ color, glyphs: 'unicode' });
    answer.ask();
    const written = write.mock.calls.join('');
    write.mockRestore();
    return { written, answer };
  };

  it('is asked where colours depend on it', () => {
    expect(asked('truecolor').written).toBe('\x1b]11;?\x1b\\');
    expect(asked('256').written).not.toBe('');
    expect([asked('16').written, asked('none').written]).toEqual(['', '']);
    expect(detectCapability({ NO_COLOR: '1', COLORTERM: 'truecolor' }, true).color).toBe('none');
  });

  it('has two seconds; an answer after that, or a second one, counts for nothing', async () => {
    vi.useFakeTimers();
    const { answer } = asked('256');
    const at = renderAt(60, 20, COLOUR);
    const { store } = at.program;
    vi.advanceTimersByTime(2001);
    answer.take(store, LIGHT);
    expect(store.state.background).toBeUndefined();
    vi.useRealTimers();
    const other = asked('256').answer;
    other.take(store, LIGHT);
    await other.settled();
    other.take(store, '11;rgb:00/00/00');
    expect(store.state).toMatchObject({ background: 'light', capability: { theme: 'light' } });
    at.unmount();
  });
});

describe.each([
  [100, 30],
  [60, 20],
])('at %i x %i, ^T', (cols, rows) => {
  it('chooses the colours, which are remembered; auto follows the background', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-theme-')), 'workspace.json');
    const at = renderAt(cols, rows, COLOUR, { state: { background: 'light' } });
    const { store } = at.program;
    const keeper = new WorkspaceKeeper(SCREENS, store.state, path);
    at.press('ctrl+t');
    for (const word of ['colours', 'auto', 'terminal', 'dark', 'light', 'contrast'])
      expect(at.text()).toContain(word);
    at.press('l', 'i', 'g', 'h', 't', 'enter');
    expect(store.state.capability.theme).toBe('light');
    expect(at.lines().join('\n')).toContain('\x1b[38;2;0;95;135m'); // the keys of the last row
    keeper.save(store.state);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ theme: 'light' });
    expect(readWorkspace(SCREENS, path).workspace.theme).toBe('light');
    chooseTheme(store, 'dark');
    at.press('ctrl+t', 'a', 'u', 't', 'o', 'enter');
    expect(store.state.capability.theme).toBe('light');
    chooseTheme(store, 'terminal');
    expect(store.state.capability.theme).toBe('terminal');
    at.unmount();
  });
});

it('what was asked for at the start goes before what is remembered', () => {
  const env = { TERM: 'xterm-256color' };
  expect(detectCapability(env, true)).not.toHaveProperty('requestedTheme');
  expect(detectCapability(env, true, { theme: 'auto' })).toMatchObject({ requestedTheme: 'auto' });
  expect(detectCapability(env, true, { theme: 'auto' })).not.toHaveProperty('theme');
  expect(detectCapability({ ...env, FER_TUI_THEME: 'dark' }, true)).toMatchObject({
    requestedTheme: 'dark',
    theme: 'dark',
  });
  expect(() => detectCapability({ ...env, FER_TUI_THEME: 'blue' }, true)).toThrow(
    'FER_TUI_THEME = blue: expected auto, terminal, dark, light, contrast',
  );
});
