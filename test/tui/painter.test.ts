import xterm from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { laidOver, Painter, type Piece } from '../../src/tui/painter.js';

/** A painter on an emulated terminal. */
function painterAt(columns: number, rows: number) {
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
  const painter = new Painter(terminal, {
    paintPicture: ({ picture, rows: lines, cols }) =>
      Array.from({ length: lines }, () => String(picture.data[0]).repeat(cols)),
  });
  painter.enter();
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
  return { painter, seen, take, block, drain: () => drains.shift()?.() };
}

const piece = (x: number, y: number, cols: number, ...lines: string[]): Piece => ({
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

describe('the painter', () => {
  it('shows frames and rewrites only the rows that changed', async () => {
    const { painter, seen, take } = painterAt(10, 3);
    painter.draw('one\ntwo\nthree');
    expect(await seen()).toEqual(['one', 'two', 'three']);
    take();
    painter.draw('one\n2\nthree');
    expect(await seen()).toEqual(['one', '2', 'three']);
    expect(take()).toBe('\x1b[?2026h\x1b[2;1H2\x1b[0m\x1b[K\x1b[?2026l');
  });

  it('lays layers over the frame, and pictures over all', async () => {
    const { painter, seen } = painterAt(10, 2);
    painter.draw('..........\n..........');
    painter.paint('layer', {
      pieces: [piece(1, 0, 4, 'ab', 'cd')],
      pictures: [{ x: 7, y: 0, cols: 2, rows: 1, picture: picture(7) }],
    });
    expect(await seen()).toEqual(['.ab  ..77.', '.cd  .....']);
    painter.paint('layer', { pieces: [piece(1, 0, 4, 'ab', 'cd'), piece(2, 0, 3, '###')], pictures: [] });
    expect(await seen()).toEqual(['.a###.....', '.cd  .....']);
    painter.paint('layer', { pieces: [piece(1, 0, 4, 'xyzw', 'cd'), piece(2, 0, 3, '###')], pictures: [] });
    expect(await seen()).toEqual(['.x###.....', '.cd  .....']);
    painter.paint('layer', { pieces: [piece(1, 0, 2, 'xy', 'cd')], pictures: [] });
    expect(await seen()).toEqual(['.xy.......', '.cd.......']);
  });

  it('gathers what comes quickly, and waits for a slow terminal', async () => {
    const { painter, seen, take, block, drain } = painterAt(10, 1);
    for (let i = 0; i < 50; i++) painter.draw(`frame ${i}`);
    expect(await seen()).toEqual(['frame 49']);
    expect(take().split('?2026h')).toHaveLength(2);
    block(true);
    painter.draw('slow');
    await seen();
    painter.draw('later');
    expect(await seen()).toEqual(['slow']);
    block(false);
    drain();
    expect(await seen()).toEqual(['later']);
  });

  it('shows at once what is there when it enters, and what a key has changed', () => {
    const written: string[] = [];
    const terminal = {
      ...{ columns: 10, rows: 1, once: () => undefined },
      write: (text: string) => written.push(text) > 0,
    };
    const painter = new Painter(terminal, { paintPicture: () => [] });
    painter.draw('first');
    painter.enter();
    expect(written.at(-1)).toContain('first');
    painter.draw('second');
    expect(written.at(-1)).toContain('first');
    painter.show();
    expect(written.at(-1)).toContain('second');
    const { length } = written;
    painter.show(); // nothing has changed
    vi.advanceTimersByTime(20);
    expect(written).toHaveLength(length);
  });

  it('leaves the terminal as it was, once', () => {
    const { painter, take } = painterAt(10, 1);
    painter.leave();
    painter.leave();
    const text = take();
    expect(text.split('\x1b[?1049l')).toHaveLength(2);
    expect(text).toContain('\x1b[?25h');
  });
});

it('a text of the screen has the panels in their places', () => {
  expect(laidOver(['..........', '.'], [piece(2, 0, 3, 'ab', 'c')])).toEqual(['..ab .....', '. c  ']);
});
