import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Hold, holderOf, holderText, underLock } from '../../src/util/lock.js';
import { stateOf, thisProcess } from '../../src/util/processes.js';

const newFolder = () => mkdtempSync(join(tmpdir(), 'fer-tui-lock-'));
const HOLDER = fileURLToPath(new URL('./lock_holder.mjs', import.meta.url));

/** Resolves with the signal that ended the process, or its exit code. */
function node(...args: string[]): Promise<string | number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

describe('a lock', () => {
  it('lets one process after another in, and outlives those that are killed in it', async () => {
    const folder = newFolder();
    const [lock, counter] = [join(folder, 'lock'), join(folder, 'count')];
    writeFileSync(counter, '0');
    const ends = await Promise.all([
      ...[40, 40, 40].map((times) => node(HOLDER, lock, counter, String(times), 'ends')),
      ...[5, 10, 20].map((times) => node(HOLDER, lock, counter, String(times), 'killed')),
    ]);
    expect(ends).toEqual([0, 0, 0, 'SIGKILL', 'SIGKILL', 'SIGKILL']);
    // Each of the killed ones stopped before its last count.
    const counted = 3 * 40 + 4 + 9 + 19;
    expect(readFileSync(counter, 'utf8')).toBe(String(counted));
    expect(readFileSync(`${counter}.log`, 'utf8').trim().split('\n').map(Number)).toEqual(
      Array.from({ length: counted }, (_, i) => i + 1),
    );
  });

  it('lets one call after another in, and is free again after an error', async () => {
    const lock = join(newFolder(), 'lock');
    const order: number[] = [];
    const failing = underLock(lock, () => {
      throw new Error('within');
    });
    await expect(failing).rejects.toThrow('within');
    await Promise.all([1, 2, 3].map((i) => underLock(lock, () => order.push(i))));
    expect(order.toSorted()).toEqual([1, 2, 3]);
    expect(readdirSync(lock)).toHaveLength(1);
  });
});

describe('a hold', () => {
  it('counts while its process runs, on this machine and on others', () => {
    const file = join(newFolder(), 'held');
    const hold = new Hold(file);
    expect(holderOf(file)).toEqual(thisProcess());
    expect(() => new Hold(file)).toThrow('EEXIST');
    writeFileSync(file, JSON.stringify({ ...thisProcess(), started: 'another boot 1' }));
    expect(holderOf(file), 'the id belongs to another process now').toBeUndefined();
    const other = { pid: 1, host: 'elsewhere x', started: null };
    writeFileSync(file, JSON.stringify(other));
    expect(holderOf(file)).toEqual(other);
    expect(holderOf(file, Date.now() + 61_000), 'a minute without a touch').toBeUndefined();
    expect(hold.intact).toBe(false);
    hold.release();
    expect(holderOf(file), 'of another process stays').toEqual(other);
  });

  it('is touched while it is held', () => {
    vi.useFakeTimers();
    const file = join(newFolder(), 'held');
    const hold = new Hold(file);
    for (let i = 0; i < 2; i++) {
      utimesSync(file, 0, 0);
      vi.advanceTimersByTime(10_000);
      expect(statSync(file).mtimeMs).toBeGreaterThan(0);
    }
    expect(hold.intact).toBe(true);
    hold.release();
    vi.useRealTimers();
  });
});

it('a process is told from another with its id, and from one that has ended', async () => {
  const shell = spawn('sh', ['-c', 'true & echo $!; exec sleep 5']); // a program that never asks how its child ended
  const zombie = await new Promise<number>((resolve) =>
    shell.stdout.on('data', (text: Buffer) => resolve(Number(text))),
  );
  const running = { ...thisProcess(), pid: shell.pid as number };
  expect(stateOf({ ...running, started: null })).toBe('running');
  expect(stateOf(running), 'with the start of this process').toBe('gone');
  await vi.waitFor(() => expect(stateOf({ ...running, pid: zombie, started: null })).toBe('gone'));
  shell.kill('SIGKILL');
  await new Promise((resolve) => shell.on('exit', resolve));
  expect(stateOf({ ...running, started: null })).toBe('gone');
});

it('a holder has the name of its machine where that is another one', () => {
  expect(holderText({ pid: 7, host: `${hostname()} pid:[1]`, started: null })).toBe('process 7');
  expect(holderText({ pid: 7, host: 'b pid:[1]', started: null })).toBe('process 7 on b');
});
