import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProgressLine } from '../../src/cli/progress_line.js';

let time = 0;
let written: string[] = [];
const { stderr } = process;
const before = { isTTY: stderr.isTTY, columns: stderr.columns };
const setTerminal = (isTTY: boolean, columns = 80): void => {
  Object.defineProperties(stderr, {
    isTTY: { value: isTTY, configurable: true },
    columns: { value: columns, configurable: true, writable: true },
  });
};
beforeEach(() => {
  [time, written] = [5000, []];
  setTerminal(true);
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  vi.spyOn(stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  setTerminal(before.isTTY === true, before.columns);
});
const CLEAR = '\r\x1b[2K';

it('shows what takes longer than half a second, ten times a second, with the time left', () => {
  const line = new ProgressLine(false);
  for (let done = 0; done <= 100; done++) {
    line.show('reading', done, 200);
    time += 20;
  }
  // From 500 ms on, every 100 ms: 25 of 200 images first.
  expect(written).toHaveLength(16);
  expect(written[0]).toBe(`${CLEAR}[###-----------------] reading 13 %  ETA 4 s`);
  expect(written.at(-1)).toBe(`${CLEAR}[##########----------] reading 50 %  ETA 2 s`);
  line.close();
  line.close();
  expect(written.slice(16)).toEqual([CLEAR]);
});

it('begins anew with another activity, and knows no end where there is none', () => {
  const line = new ProgressLine(false);
  line.show('reading', 1, 0);
  time += 500;
  line.show('reading', 1, 0);
  line.show('training', 0, 2);
  time += 499;
  line.show('training', 1, 2);
  time += 1;
  line.show('training', 3, 2);
  expect(written).toEqual([
    `${CLEAR}[${'-'.repeat(20)}] reading 0 %`,
    `${CLEAR}[${'#'.repeat(20)}] training 100 %  ETA 0 s`,
  ]);
});

it('fits into the line, and is nothing without a terminal or with --quiet', () => {
  const line = new ProgressLine(false);
  setTerminal(true, 12);
  line.show('reading', 1, 2);
  time += 600;
  line.show('reading', 1, 2);
  expect(written).toEqual([`${CLEAR}[##########`]);
  for (const [quiet, isTTY] of [
    [true, true],
    [false, false],
  ] as const) {
    setTerminal(isTTY);
    const none = new ProgressLine(quiet);
    none.show('reading', 1, 2);
    time += 600;
    none.show('reading', 1, 2);
    none.close();
  }
  expect(written).toHaveLength(1);
});
