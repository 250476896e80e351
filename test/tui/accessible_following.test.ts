import { EventEmitter } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Interface } from 'node:readline/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { follow } from '../../src/tui/accessible_runs.js';
import { Hold } from '../../src/util/hold.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';

/** The accessible mode follows a run of another process, which ends. */

let path = '';
let said = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'fer-tui-accessible-'));
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(path, { recursive: true });
});

const write = (events: readonly TrainEvent[]): void =>
  appendFileSync(join(path, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));

/** Follows a run with a log from before, to which its process appends `then` a moment before it leaves the folder. */
async function followToItsEnd(
  before: readonly TrainEvent[],
  then: readonly TrainEvent[] = [],
): Promise<void> {
  const hold = new Hold(join(path, 'lock'));
  write(before);
  const followed = follow(new EventEmitter() as Interface, path);
  write(then);
  vi.advanceTimersByTime(1000);
  hold.release();
  vi.advanceTimersByTime(1000);
  await followed;
}

const count = (words: string): number => said.split(words).length - 1;

it('says once how the run ended, also where its process takes a moment to leave the folder', async () => {
  await followToItsEnd(fakeEvents(), fakeEnd());
  expect(count('training ended: finished')).toBe(1);
  expect(said).not.toContain('is gone');
});

it('says how the run ended that ends while following it begins', async () => {
  await followToItsEnd([...fakeEvents(), ...fakeEnd('stopped')]);
  expect(count('training ended: stopped')).toBe(1);
  expect(said).not.toContain('is gone');
});

it('says that the process is gone where it left no end', async () => {
  const resumed = fakeEvents().slice(0, 3);
  await followToItsEnd([...fakeEvents(), ...fakeEnd('stopped')], resumed);
  expect(said).toContain('the process that trained this run is gone');
  expect(said).not.toContain('training ended');
});

it.each([
  [['pause'], true],
  [['pause', 'continue'], false],
  [['pause', 'start'], false], // it was killed while it was paused, and is resumed
] as const)('of a run with %j says at once whether it is paused', async (latest, paused) => {
  const hold = new Hold(join(path, 'lock'));
  const [start, ...rest] = fakeEvents() as [TrainEvent, ...TrainEvent[]];
  const told = (kind: 'start' | 'pause' | 'continue'): TrainEvent =>
    kind === 'start' ? start : { type: 'note', kind, message: `${kind} at step 60`, step: 60 };
  write([start, ...rest, ...latest.map(told)]);
  const lines = new EventEmitter() as Interface;
  const followed = follow(lines, path);
  expect(said.includes('pause at step 60')).toBe(paused);
  expect(said).not.toContain('continue at step 60');
  lines.emit('close');
  await followed;
  hold.release();
});
