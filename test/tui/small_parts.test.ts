import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { OPTIONS } from '../../src/train/options.js';
import { fieldHelp, turned } from '../../src/tui/form.js';
import { Input } from '../../src/tui/input.js';
import { inside } from '../../src/tui/layout.js';
import { moveBindings } from '../../src/tui/list_moves.js';
import { Store } from '../../src/tui/store.js';
import { columnsThatFit, headLine, rowLine } from '../../src/tui/table.js';
import { progressBar } from '../../src/tui/widgets.js';
import { ticks } from '../../src/util/axis.js';

afterEach(() => void vi.useRealTimers());

it('a choice turns backwards too, round the first one', () => {
  const spec = OPTIONS.model;
  expect(turned('model', spec, { model: 'fer-shallow' }, -1)).toEqual({});
  expect(turned('model', spec, {}, -1)).toEqual({ model: spec.choices.at(-1) });
  expect(fieldHelp('gamma', { type: 'number', help: '', range: [0, 1], above: true }, {})[0]).toBe(
    'value: a number in (0, 1]',
  );
});

it('Escape alone is a key after a moment; a sequence in two pieces is one key', () => {
  vi.useFakeTimers();
  const stdin = Object.assign(new PassThrough(), { setRawMode: vi.fn() });
  const keys: string[] = [];
  const input = new Input(stdin, ({ name }) => keys.push(name));
  input.start();
  stdin.emit('data', '\x1b');
  expect(keys).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(keys).toEqual(['escape']);
  stdin.emit('data', '\x1b[');
  stdin.emit('data', 'Z');
  vi.advanceTimersByTime(100);
  expect(keys).toEqual(['escape', 'shift+tab']);
  stdin.emit('data', '\x1b');
  input.stop();
  vi.advanceTimersByTime(100);
  stdin.emit('data', 'a');
  expect(keys).toHaveLength(2);
  expect(stdin.setRawMode.mock.calls).toEqual([[true], [false]]);
});

it('the store tells nobody when nothing has changed, nor who has left', () => {
  const store = new Store({ n: 0 });
  const told = vi.fn();
  const leave = store.subscribe(told);
  store.flush();
  expect(told).not.toHaveBeenCalled();
  store.set({ n: 1 });
  store.flush();
  store.flush();
  expect(told).toHaveBeenCalledOnce();
  leave();
  store.set({ n: 2 });
  store.flush();
  expect(told).toHaveBeenCalledOnce();
});

it('a table takes the widest set of columns that fits; numbers go to the right', () => {
  const name = { head: 'name', width: 6, left: true, text: (row: string) => row };
  const size = { head: 'size', width: 5, text: (row: string) => String(row.length) };
  expect(columnsThatFit([[name, size], [name]], 12)).toHaveLength(2);
  expect(columnsThatFit([[name, size], [name]], 11)).toHaveLength(1);
  expect([headLine([name, size]), rowLine([name, size], 'abc')]).toEqual(['name    size', 'abc        3']);
});

it('ticks are round numbers and reach both ends', () => {
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(0, 3, 10, { whole: true })).toEqual([0, 1, 2, 3]);
});

it('the inside of a panel, and a progress bar, count their cells', () => {
  expect(inside({ x: 2, y: 3, cols: 10, rows: 5 }, 1)).toEqual({ x: 4, y: 4, cols: 7, rows: 3 });
  expect([progressBar(0, 4), progressBar(0.5, 4), progressBar(2, 4)]).toEqual(['────', '██──', '████']);
});

it('pasted text is waited for, five seconds; what comes of it alone acts as no key', () => {
  vi.useFakeTimers();
  const stdin = Object.assign(new PassThrough(), { setRawMode: vi.fn() });
  const keys: { name: string; text: string }[] = [];
  const input = new Input(stdin, (key) => keys.push(key));
  input.start();
  stdin.emit('data', '\x1b[200~one ');
  vi.advanceTimersByTime(4999);
  stdin.emit('data', 'two\x1b[201~');
  expect(keys).toEqual([{ name: 'paste', text: 'one two' }]);
  stdin.emit('data', '\x1b[200~q');
  vi.advanceTimersByTime(5000);
  stdin.emit('data', 'x');
  expect(keys.slice(1)).toEqual([{ name: 'x', text: 'x' }]);
  input.stop();
});

it('the keys of a list move by one row, by ten, and to its ends', () => {
  const moved: number[] = [];
  const bindings = moveBindings<object>(
    'run',
    () => true,
    (_, rows) => moved.push(rows),
  );
  for (const key of ['up', 'down', 'pageup', 'pagedown', 'home', 'end'])
    bindings.find(({ keys }) => keys.includes(key))?.run({} as never, key);
  expect(moved).toEqual([-1, 1, -10, 10, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
