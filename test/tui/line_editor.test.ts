import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { commonBeginning, completions, expandPath } from '../../src/tui/complete_path.js';
import { handleKey } from '../../src/tui/keys.js';
import { editLine, type Line, lineOf, visibleLine } from '../../src/tui/line_editor.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

/** A line as text with a cursor, `ab|c`. */
const drawn = ({ text, at }: Line): string => `${text.slice(0, at)}|${text.slice(at)}`;
const lineAt = (text: string): Line => ({ text: text.replace('|', ''), at: text.indexOf('|'), fresh: false });
const edited = (line: Line, ...names: string[]): string =>
  drawn(
    names.reduce(
      (now, name) => editLine(now, { name, text: [...name].length === 1 ? name : '' }) ?? now,
      line,
    ),
  );

describe('the line editor', () => {
  it.each([
    ['left', 'a/bc|d', 'a/b|cd'],
    ['ctrl+f', 'a/b|cd', 'a/bc|d'],
    ['home', 'a/bc|d', '|a/bcd'],
    ['ctrl+a', 'a/bc|d', '|a/bcd'],
    ['ctrl+e', 'a/bc|d', 'a/bcd|'],
    ['alt+b', 'data/fer2013.csv|', 'data/fer2013.|csv'],
    ['alt+f', 'data|/fer2013.csv', 'data/fer2013|.csv'],
    ['ctrl+left', 'one two|', 'one |two'],
    ['backspace', 'a😀|b', 'a|b'],
    ['delete', 'a|😀b', 'a|b'],
    ['ctrl+w', 'one two|x', 'one |x'],
    ['alt+d', 'one| two x', 'one| x'],
    ['ctrl+u', 'one| two', '| two'],
    ['ctrl+k', 'one| two', 'one|'],
    ['left', '|a', '|a'],
    ['delete', 'a|', 'a|'],
    ['é', 'a|b', 'aé|b'],
    ['escape', 'a|b', 'a|b'],
  ])('%s: %s becomes %s', (key, before, then) => expect(edited(lineAt(before), key)).toBe(then));

  it('types over a value that was there before, and keeps it when the cursor moves first', () => {
    expect(edited(lineOf('176'), '1', '2')).toBe('12|');
    expect(edited(lineOf('176'), 'backspace')).toBe('|');
    expect(edited(lineOf('176'), 'end', '1')).toBe('1761|');
    expect(edited(lineOf('176'), 'left', '1')).toBe('171|6');
  });

  it('pastes several lines as one', () => {
    expect(drawn(editLine(lineOf('old'), { name: 'paste', text: 'a\r\n  b\n' }) as Line)).toBe('a b|');
  });

  it('shows the part around the cursor, and dots for the rest', () => {
    const long = '/data/sets/fer2013/original.csv';
    const at = (line: Line, cols: number): string => {
      const { before, under, behind } = visibleLine(line, cols);
      return `${before}[${under}]${behind}`;
    };
    expect(at(lineOf('short'), 20)).toBe('short[ ]');
    expect(at(lineOf(long), 16)).toBe('…3/original.csv[ ]');
    expect(at({ text: long, at: 0, fresh: false }, 12)).toBe('[/]data/sets/…');
    expect(at({ text: long, at: 11, fresh: false }, 12)).toBe('…ta/sets/[f]e…');
  });
});

describe('paths', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-paths-'));
  mkdirSync(join(folder, 'faces'));
  for (const name of ['fer2013.csv', 'fer2013.csv.gz', '.hidden', 'other.png'])
    writeFileSync(join(folder, name), '');
  const under = (...names: string[]): string[] => names.map((name) => join(folder, name));

  it('are completed: folders end in a slash, hidden ones come after a dot', () => {
    expect(completions(join(folder, 'f'))).toEqual([
      `${join(folder, 'faces')}/`,
      ...under('fer2013.csv', 'fer2013.csv.gz'),
    ]);
    expect(completions(`${folder}/`)).toHaveLength(4);
    expect(completions(`${folder}/.h`)).toEqual(under('.hidden'));
    expect(completions(join(folder, 'none', 'x'))).toEqual([]);
    expect(commonBeginning(under('fer2013.csv', 'fer2013.csv.gz'))).toBe(join(folder, 'fer2013.csv'));
    expect(commonBeginning([])).toBe('');
  });

  it('may begin with ~ or be quoted, as dropped files are', () => {
    expect(expandPath('~/a')).toBe(join(homedir(), 'a'));
    expect(expandPath("'a b.csv'")).toBe('a b.csv');
    expect(expandPath('a~/b')).toBe('a~/b');
  });

  it('prompts for them complete with Tab, list several, and remember what was accepted', () => {
    const at = renderAt(80, 24, COLOUR);
    const submit = vi.fn();
    const open = (): void =>
      at.program.store.set({
        overlay: {
          kind: 'prompt',
          title: 'file',
          value: '',
          help: '',
          paths: true,
          check: () => undefined,
          submit,
        },
      });
    open();
    at.press(...join(folder, 'fe'), 'tab');
    expect(at.text()).toContain('fer2013.csv.gz');
    at.press('enter');
    expect(submit).toHaveBeenLastCalledWith(join(folder, 'fer2013.csv'));
    open();
    at.press('up', 'left', 'right', '.', 'g', 'z', 'enter');
    expect(submit).toHaveBeenLastCalledWith(join(folder, 'fer2013.csv.gz'));
    open();
    at.press('up', 'up', 'down', 'enter');
    expect(submit).toHaveBeenLastCalledWith(join(folder, 'fer2013.csv.gz'));
    open();
    at.press(...'zz', 'tab');
    expect(at.text()).toContain('nothing here begins with zz');
    at.unmount();
  });
});

describe('a list to choose from', () => {
  it('is chosen from with arrows, or by typing a part', () => {
    const at = renderAt(80, 24, COLOUR);
    const run = vi.fn();
    const options = ['adam', 'rmsprop', 'sgd'].map((label) => ({ label, run: () => run(label) }));
    const open = (): void =>
      at.program.store.set({ overlay: { kind: 'pick', title: '', help: 'which', options, at: 1 } });
    const chosen = (...keys: string[]): unknown => {
      open();
      at.press(...keys, 'enter');
      return run.mock.lastCall?.[0];
    };
    expect(chosen()).toBe('rmsprop');
    expect(chosen('down')).toBe('sgd');
    expect(chosen('home')).toBe('adam');
    expect(chosen('s', 'g', 'd')).toBe('sgd');
    expect(chosen('s', 'down')).toBe('rmsprop'); // sgd begins with s, so it is the first
    open();
    at.press('z', 'enter');
    expect(at.text()).toContain('no option contains this');
    expect(run).toHaveBeenCalledTimes(5);
    at.unmount();
  });
});

it('pasted text never acts as keys', () => {
  const at = renderAt(100, 30, COLOUR, { screen: 'home' });
  handleKey(at.program, { name: 'paste', text: 't' });
  expect(at.program.store.state.screen).toBe('home');
  at.unmount();
});
