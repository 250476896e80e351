import { afterEach, describe, expect, it, vi } from 'vitest';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { commandLine, fieldText, formError, turned, withValue } from '../../src/tui/form.js';
import { parseKeys } from '../../src/tui/input.js';
import { bodyClass, bodyOf, borders, columns, scrolled, sizeClass, stack } from '../../src/tui/layout.js';
import { Store } from '../../src/tui/store.js';
import { asciiOf, cut, padTo, spread, wholeItems, widthOf, wrapped } from '../../src/tui/text.js';
import { makeTheme } from '../../src/tui/theme.js';
import { bar, matrixLines } from '../../src/tui/widgets.js';

const names = (data: string): string[] => parseKeys(data).keys.map(({ name }) => name);

describe('keys', () => {
  it('are read from what terminals send', () => {
    expect(names('aA \r\t\x7f')).toEqual(['a', 'A', 'space', 'enter', 'tab', 'backspace']);
    expect(names('\x1b[A\x1bOB\x1b[5~\x1b[Z\x1b[1;5P')).toEqual(['up', 'down', 'pageup', 'shift+tab']);
    expect(names('\x1b[1;5D\x1b[1;5C\x1b[1;3D\x1b[1;3C')).toEqual([
      ...['ctrl+left', 'ctrl+right', 'alt+left', 'alt+right'],
    ]);
    expect(names('\x03\x1a\x0c')).toEqual(['ctrl+c', 'ctrl+z', 'ctrl+l']);
    expect(parseKeys('é').keys).toEqual([{ name: 'é', text: 'é' }]);
  });

  it('wait for the end of a sequence that came in two pieces', () => {
    expect(parseKeys('x\x1b[')).toEqual({ keys: [{ name: 'x', text: 'x' }], rest: '\x1b[' });
    expect(names('\x1bX')).toEqual(['escape', 'X']);
    expect(names('\x1bb\x1b\x7f')).toEqual(['alt+b', 'alt+backspace']);
  });

  it('take pasted text for one key, whenever its end comes', () => {
    const begun = 'a\x1b[200~sgd\nx';
    expect(parseKeys(begun)).toEqual({ keys: [{ name: 'a', text: 'a' }], rest: '\x1b[200~sgd\nx' });
    expect(parseKeys(`${begun}\x1b[201~b`).keys).toEqual([
      { name: 'a', text: 'a' },
      { name: 'paste', text: 'sgd\nx' },
      { name: 'b', text: 'b' },
    ]);
  });
});

describe('layout', () => {
  it.each([
    [120, 40, 'wide'],
    [100, 30, 'wide'],
    [99, 30, 'standard'],
    [80, 24, 'standard'],
    [79, 24, 'narrow'],
    [60, 20, 'narrow'],
    [59, 20, 'single'],
    [40, 12, 'single'],
    [39, 12, 'text'],
  ])('%i x %i is %s', (cols, rows, kind) => expect(sizeClass({ cols, rows })).toBe(kind));

  it.each([
    [100, 30, 'wide'],
    [99, 30, 'standard'],
    [80, 24, 'standard'],
    [79, 24, 'narrow'],
    [60, 20, 'narrow'],
    [60, 19, 'single'],
    [40, 12, 'single'],
  ] as const)('the body of a terminal of %i x %i is %s too', (cols, rows, kind) =>
    expect(bodyClass(bodyOf({ cols, rows }))).toBe(kind));

  it('splits without gaps, neighbours sharing a border', () => {
    const area = { x: 0, y: 2, cols: 81, rows: 20 };
    const [a, b] = columns(area, [{ share: 1 }, { share: 1 }]);
    expect(a).toMatchObject({ x: 0, cols: 41 });
    expect(b).toMatchObject({ x: 40, cols: 41 });
    const parts = stack(area, [3, { share: 1 }, 2]);
    expect(parts.map(({ y, rows }) => [y, rows])).toEqual([
      [2, 5],
      [6, 13],
      [18, 4],
    ]);
    expect(stack({ ...area, rows: 6 }, [3, 9]).at(-1)).toMatchObject({ y: 6, rows: 2 });
  });

  it('joins borders where panels meet', () => {
    const area = { x: 0, y: 0, cols: 7, rows: 5 };
    const [top, bottom] = stack(area, [1, 1]);
    const [left, right] = columns(top as typeof area, [2, 2]);
    expect(borders([left, right, bottom] as (typeof area)[], area)).toEqual([
      '┌──┬──┐',
      '│  │  │',
      '├──┴──┤',
      '│     │',
      '└─────┘',
    ]);
  });

  it('keeps the selected line in sight', () => {
    expect(scrolled(5, 20, 0)).toEqual([0, 5]);
    expect(scrolled(5, 20, 10)).toEqual([8, 5]);
    expect(scrolled(5, 20, 19)).toEqual([15, 5]);
    expect(scrolled(5, 3, 2)).toEqual([0, 3]);
  });
});

describe('text', () => {
  it('is cut and filled by cells, colours uncounted', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(widthOf(cut('\x1b[31mabcdef\x1b[0m', 4))).toBe(4);
    expect(padTo('ab', 4)).toBe('ab  ');
    expect(padTo('ab', 4, 'right')).toBe('  ab');
    expect(spread('left', 'right', 12)).toBe('left   right');
    expect(spread('a long left', 'right', 10)).toBe('a lo…right');
    expect(widthOf('表情')).toBe(4);
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wholeItems(['a 1', 'b 2', 'c 3'], 13)).toBe('a 1, b 2, c 3');
    expect(wholeItems(['a 1', 'b 2', 'c 3'], 12)).toBe('a 1, b 2, …');
    expect(wholeItems(['a 1', 'b 2', 'c 3'], 10)).toBe('a 1, …');
    expect(wholeItems([], 10)).toBe('');
  });

  it('has an ASCII form for everything', () => {
    expect(asciiOf('┌─ ▸a ─┐ ✓ 50 % · …⣿█')).toBe('+- >a -+ + 50 % . ~*#');
  });

  it('draws bars and matrices', () => {
    expect(bar(0.5, 4)).toBe('██  ');
    expect(bar(0.3, 4)).toBe('█▎  ');
    expect(bar(Number.NaN, 2)).toBe('  ');
    const theme = makeTheme({ color: 'none', glyphs: 'unicode' });
    const options = { theme, asCounts: false, cols: 30, rows: 9 };
    expect(
      matrixLines(
        [
          [3, 1],
          [0, 0],
        ],
        ['Angry', 'Happy'],
        options,
      ),
    ).toEqual(['             ang    hap', 'angry         75     25', 'happy          –      –']);
    // For more classes than there is room for, the most frequent confusions.
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const counts = names.map((_, i) => names.map((_, j) => (i === j ? 6 : i === 3 && j === 9 ? 2 : 0)));
    counts[5]?.splice(0, 1, 6);
    expect(matrixLines(counts, names, options)).toEqual([
      'the most frequent confusions of 12 classes',
      'n5 → n0                   50 %',
      'n3 → n9                   25 %',
    ]);
    expect(matrixLines(counts, names, { ...options, asCounts: true })[2]).toBe(
      'n3 → n9                      2',
    );
    expect(matrixLines(counts, names, { ...options, cols: 60, rows: 13 })).toHaveLength(13);
  });
});

describe('the store', () => {
  afterEach(() => void vi.useRealTimers());

  it('gathers what comes, and shows what keys did at once', () => {
    vi.useFakeTimers();
    const store = new Store({ n: 0 }, { fps: 10 });
    let told = 0;
    store.subscribe(() => {
      told++;
    });
    for (let n = 1; n <= 1000; n++) store.set({ n });
    expect(store.state.n).toBe(1000);
    expect(store.snapshot().n).toBe(0);
    vi.advanceTimersByTime(1000);
    expect([told, store.snapshot().n]).toEqual([1, 1000]);
    for (let n = 0; n < 100; n++) {
      store.set({ n });
      vi.advanceTimersByTime(10);
    }
    expect(told).toBeLessThanOrEqual(12);
    store.set({ n: -1 });
    store.flush();
    expect(store.snapshot().n).toBe(-1);
  });
});

describe('the form', () => {
  it('has every option of train', () => {
    expect(OPTION_ENTRIES.map(([name]) => name)).toEqual(
      expect.arrayContaining(['data', 'model', 'epochs', 'seed']),
    );
    expect(fieldText('epochs', {})).toBe('50');
    expect(fieldText('filters', {})).toBe('');
    expect(['adam', 'sgd'].map((optimizer) => fieldText('lr', { optimizer }))).toEqual(['0.001', '0.01']);
  });

  it('keeps what differs from the default, by type', () => {
    const values = withValue(withValue({}, 'epochs', '3'), 'shuffle', 'false');
    expect(values).toEqual({ epochs: 3, shuffle: false });
    expect(withValue(values, 'epochs', '50')).toEqual({ shuffle: false });
    expect(withValue(values, 'epochs', '')).toEqual({ shuffle: false });
    const early = withValue(values, 'early-stopping', '5');
    expect(withValue(early, 'early-stopping', 'off')).toEqual(values); // as the form shows it unset
    expect(commandLine(values)).toBe('fer-tui train --epochs 3 --no-shuffle');
  });

  it('says what is wrong in the words of the command line', () => {
    expect(formError({})).toBeUndefined();
    expect(formError(withValue({}, 'lr', 'abc'))).toBe('lr = "abc": expected a number in (0, 10]');
    expect(formError(withValue({}, 'lr', '0'))).toBe('lr = 0: expected a number in (0, 10]');
    expect(formError({ data: '/nowhere.csv' })).toBe('/nowhere.csv: not found');
    expect(formError({ nesterov: true })).toContain('needs --optimizer sgd');
  });

  it('turns choices round and round', () => {
    const spec = OPTION_ENTRIES.find(([name]) => name === 'activation')?.[1];
    if (spec === undefined) throw new Error('no such field');
    expect(turned('activation', spec, {}, 1)).toEqual({ activation: 'relu' });
    expect(turned('activation', spec, { activation: 'relu' }, 1)).toEqual({});
    const number = OPTION_ENTRIES.find(([name]) => name === 'epochs')?.[1];
    expect(number && turned('epochs', number, {}, 1)).toBeUndefined();
  });
});
