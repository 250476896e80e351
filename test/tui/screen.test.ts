import xterm from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Piece } from '../../src/tui/layout.js';
import { laidOver, Screen } from '../../src/tui/screen.js';

/** A screen on an emulated terminal. */
function screenAt(columns: number, rows: number) {
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let written = '';
  let full = false;
  const drains: (() => void)[] = [];
  const terminal = {
    columns,
    rows,
    write: (text: string) => {
      written += text;
      emulator.write(text);
      return !full;
    },
    once: (_: 'drain', listener: () => void) => drains.push(listener),
  };
  const screen = new Screen(terminal, ({ picture, rows: lines, cols }) =>
    Array.from({ length: lines }, () => String(picture.data[0]).repeat(cols)),
  );
  screen.enter();
  /** Lets time pass, and reads what is seen. */
  const seen = async (): Promise<string[]> => {
    await vi.advanceTimersByTimeAsync(20);
    vi.useRealTimers();
    await new Promise<void>((resolve) => emulator.write('', resolve));
    vi.useFakeTimers();
    const { active } = emulator.buffer;
    return Array.from({ length: rows }, (_, y) => active.getLine(y)?.translateToString(true).trimEnd() ?? '');
  };
  const take = (): string => {
    const text = written;
    written = '';
    return text;
  };
  const block = (on: boolean): void => {
    full = on;
  };
  return { screen, seen, take, block, drain: () => drains.shift()?.() };
}

const piece = (x: number, y: number, cols: number, ...lines: string[]): Piece => ({
  key: `${x},${y}`,
  at: { x, y, cols, rows: lines.length },
  lines,
});
const picture = (value: number) => ({
  width: 1,
  height: 1,
  channels: 1 as const,
  data: new Uint8Array([value]),
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the screen', () => {
  it('shows frames and rewrites only the rows that changed', async () => {
    const { screen, seen, take } = screenAt(10, 3);
    screen.write('one\ntwo\nthree');
    expect(await seen()).toEqual(['one', 'two', 'three']);
    take();
    screen.write('one\n2\nthree');
    expect(await seen()).toEqual(['one', '2', 'three']);
    expect(take()).toBe('\x1b[?2026h\x1b[2;1H2\x1b[0m\x1b[K\x1b[?2026l');
    screen.write('\n');
    expect(await seen()).toEqual(['one', '2', 'three']);
  });

  it('lays panels over the frame, what is open over those, and pictures over all', async () => {
    const { screen, seen } = screenAt(10, 2);
    screen.write('..........\n..........');
    screen.show([piece(1, 0, 4, 'ab', 'cd')], [{ x: 7, y: 0, cols: 2, rows: 1, picture: picture(7) }]);
    expect(await seen()).toEqual(['.ab  ..77.', '.cd  .....']);
    screen.show([piece(1, 0, 4, 'ab', 'cd'), piece(2, 0, 3, '###')], []);
    expect(await seen()).toEqual(['.a###.....', '.cd  .....']);
    screen.show([piece(1, 0, 4, 'xyzw', 'cd'), piece(2, 0, 3, '###')], []);
    expect(await seen()).toEqual(['.x###.....', '.cd  .....']);
    screen.show([piece(1, 0, 2, 'xy', 'cd')], []);
    expect(await seen()).toEqual(['.xy.......', '.cd.......']);
  });

  it('gathers what comes quickly, and waits for a slow terminal', async () => {
    const { screen, seen, take, block, drain } = screenAt(10, 1);
    for (let i = 0; i < 50; i++) screen.write(`frame ${i}`);
    expect(await seen()).toEqual(['frame 49']);
    expect(take().split('?2026h')).toHaveLength(2);
    block(true);
    screen.write('slow');
    await seen();
    screen.write('later');
    expect(await seen()).toEqual(['slow']);
    block(false);
    drain();
    expect(await seen()).toEqual(['later']);
  });

  it('leaves the terminal as it was, once', () => {
    const { screen, take } = screenAt(10, 1);
    screen.leave();
    screen.leave();
    const text = take();
    expect(text.split('\x1b[?1049l')).toHaveLength(2);
    expect(text).toContain('\x1b[?25h');
  });
});

it('a text of the screen has the panels in their places', () => {
  expect(laidOver(['..........', '.'], [piece(2, 0, 3, 'ab', 'c')])).toEqual(['..ab .....', '. c  ']);
});
