import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Hold, holderOf, holderText } from '../../src/util/hold.js';
import { underLock } from '../../src/util/lock.js';
import { type Holder, stateOf, thisProcess } from '../../src/util/processes.js';
import { needs } from '../helpers/needs.js';
import { eventually } from '../helpers/patience.js';

const newFolder = () => mkdtempSync(join(tmpdir(), 'fer-tui-lock-'));
const TAKER = fileURLToPath(new URL('./hold_taker.mjs', import.meta.url));
const HOLDER = fileURLToPath(new URL('./lock_holder.mjs', import.meta.url));

/** Resolves with the signal that ended the process, or its exit code. */
function node(...args: string[]): Promise<string | number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

/** Another process that takes holds, and keeps them. */
class Taker {
  private constructor(private readonly child: ChildProcess) {}

  static async start(): Promise<Taker> {
    const child = fork(TAKER);
    await once(child, 'message');
    return new Taker(child);
  }

  /** @param at takes it at this time, so that several do so at once */
  async take(file: string, at = 0): Promise<unknown> {
    const answer = once(this.child, 'message');
    this.child.send({ file, at });
    return (await answer)[0] as unknown;
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
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
    expect(readdirSync(dirname(lock)), 'leaves nothing').toEqual([]);
  });

  it('does not bring back the folder that it lies in', async () => {
    const lock = join(newFolder(), 'removed', 'lock');
    await expect(underLock(lock, () => 1)).rejects.toThrow('removed: there is no such folder any more');
  });
});

describe('a hold', () => {
  it('counts while its process runs, on this machine and on others', () => {
    const file = join(newFolder(), 'held');
    const hold = new Hold(file);
    expect(holderOf(file)).toMatchObject(thisProcess());
    expect(() => new Hold(file)).toThrow(`process ${process.pid} holds it`);
    const started = thisProcess().started?.replace(/\d+$/, '1') ?? 'long ago';
    writeFileSync(file, JSON.stringify({ ...thisProcess(), started }));
    expect(holderOf(file), 'the id belongs to another process now').toBeUndefined();
    expect(hold.intact).toBe(false);
    hold.release();
    expect(existsSync(file), 'of another process stays').toBe(true);
  });

  it.each([
    ['on another machine', { host: 'elsewhere x', started: `${randomUUID()} 1` }],
    ['on a machine of this name, or here before it was started again', { started: `${randomUUID()} 1` }],
  ])('%s, counts for a minute after its last touch', (_, other) => {
    const file = join(newFolder(), 'held');
    const holder = { ...thisProcess(), ...other, flock: true };
    writeFileSync(file, JSON.stringify(holder));
    expect(holderOf(file)).toEqual(holder);
    expect(() => new Hold(file)).toThrow('holds it');
    expect(holderOf(file, Date.now() + 61_000), 'a minute without a touch').toBeUndefined();
    utimesSync(file, Date.now() / 1000 - 61, Date.now() / 1000 - 61);
    new Hold(file).release();
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it(
    'of another container, counts until its process ends, and not for a moment longer',
    needs.flock,
    async () => {
      const file = join(newFolder(), 'held');
      const taker = await Taker.start();
      expect(await taker.take(file)).toBe('taken');
      const held = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...held, pid: 1, host: `${hostname()} pid:[1]` })); // as if it were process 1 there
      const later = Date.now() + 120_000; // a container may have been suspended
      expect(holderText(holderOf(file, later) as Holder)).toBe('process 1 of another container');
      expect(() => new Hold(file)).toThrow('process 1 of another container holds it');
      await taker.kill();
      expect(holderOf(file)).toBeUndefined();
      new Hold(file).release();
    },
  );

  it('of a process that is gone goes to one of several that want it at once', async () => {
    const parent = newFolder();
    const gone = { ...thisProcess(), started: thisProcess().started?.replace(/\d+$/, '1') ?? 'long ago' };
    const takers = await Promise.all([1, 2, 3, 4].map(() => Taker.start()));
    for (let round = 0; round < 100; round++) {
      const folder = join(parent, String(round));
      mkdirSync(folder);
      const file = join(folder, 'held');
      writeFileSync(file, JSON.stringify({ ...gone, id: round }));
      const at = Date.now() + 10;
      const got = await Promise.all(takers.map((taker) => taker.take(file, at)));
      expect(got.filter((answer) => answer === 'taken')).toHaveLength(1);
      expect(readdirSync(folder)).toEqual(['held']);
    }
    await Promise.all(takers.map((taker) => taker.kill()));
  });

  it('is not made where something else has its name', () => {
    const file = join(newFolder(), 'held');
    mkdirSync(file);
    expect(() => new Hold(file)).toThrow('EISDIR');
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
    writeFileSync(file, 'of another machine'); // which took it over
    utimesSync(file, 0, 0);
    vi.advanceTimersByTime(10_000);
    hold.release();
    expect([readFileSync(file, 'utf8'), statSync(file).mtimeMs]).toEqual(['of another machine', 0]);
    vi.useRealTimers();
  });
});

it('a process is told from another with its id, and from one that has ended', async () => {
  const shell = spawn('sh', ['-c', 'true & echo $!; exec sleep 600']); // a program that never asks how its child ended
  const zombie = await new Promise<number>((resolve) =>
    shell.stdout.on('data', (text: Buffer) => resolve(Number(text))),
  );
  const running = { ...thisProcess(), pid: shell.pid as number };
  expect(stateOf({ ...running, started: null })).toBe('running');
  expect(stateOf(running), 'with the start of this process').toBe('gone');
  await eventually(() => expect(stateOf({ ...running, pid: zombie, started: null })).toBe('gone'));
  shell.kill('SIGKILL');
  await new Promise((resolve) => shell.on('exit', resolve));
  expect(stateOf({ ...running, started: null })).toBe('gone');
});

it('a holder has the name of its machine where that is another one', () => {
  expect(holderText({ ...thisProcess(), pid: 7 })).toBe('process 7');
  expect(holderText({ pid: 7, host: 'b pid:[1]', started: null })).toBe('process 7 on b');
});
