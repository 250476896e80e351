import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeError } from './atomic_write.js';
import { RunError } from './errors.js';
import { type Holder, parseHolder, stateOf, thisProcess } from './processes.js';

/** Nobody holds a lock for so long, unless it has been stopped in the middle. */
const PATIENCE_MS = 60_000;

/**
 * Runs `body` while no other process (or other call in this one) runs under the same lock. For short work: the others wait.
 * A lock whose process was killed is taken over.
 *
 * The lock is a folder of files with the names 1, 2, 3, ...; who has made the last of them holds the lock, until it empties
 * its file. Making the next one decides between several that wait, because only one of them can: a complete file gets its
 * name by `link`, which fails where the name is taken, on network file systems too. Names are never used again, so whoever
 * was slow to judge an old file can do no harm.
 * @param body gets the time of the file system, in milliseconds, to compare modification times with
 * Throws RunError when the lock is not free for a minute, or the folder cannot be written or made: what it lies in must exist, so
 * that a lock which waits does not bring back a folder that its holder has removed.
 */
export async function underLock<T>(folder: string, body: (time: number) => T): Promise<T> {
  const file = await takeTurn(folder);
  try {
    return body(statSync(file).mtimeMs);
  } finally {
    if (existsSync(file)) truncateSync(file);
  }
}

async function takeTurn(folder: string): Promise<string> {
  const begin = performance.now();
  for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
    const taken = tryTurn(folder);
    if (typeof taken === 'string') return taken;
    if (taken !== undefined && performance.now() - begin > PATIENCE_MS) {
      throw new RunError(`${folder}: ${holderText(taken)} has been holding this lock for a minute`);
    }
    await wait(pause * (0.5 + Math.random()));
  }
}

let attempts = 0;

/** Tries to make the next file. Returns its path, or who holds the lock, or undefined: try again. */
function tryTurn(folder: string): string | Holder | undefined {
  const draft = join(folder, `${process.pid}-${attempts++}.new`);
  try {
    if (!existsSync(folder)) makeLock(folder);
    writeFileSync(draft, JSON.stringify(thisProcess()));
    const last = lastTurn(folder);
    const holder = last > 0 ? holderOf(join(folder, String(last)), statSync(draft).mtimeMs) : undefined;
    if (holder !== undefined) return holder;
    const own = join(folder, String(last + 1));
    linkSync(draft, own);
    if (lastTurn(folder) > last + 1) {
      rmSync(own); // it was the last when this process looked, but is no more
      return undefined;
    }
    for (const name of readdirSync(folder)) {
      if (!(Number(name) > last)) rmSync(join(folder, name), { force: true });
    }
    return own;
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return undefined; // another process was faster
    throw writeError(folder, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

function makeLock(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) throw new RunError(`${parent}: there is no such folder any more`);
  mkdirSync(folder);
}

function lastTurn(folder: string): number {
  return readdirSync(folder).reduce((last, name) => Math.max(last, /^\d+$/.test(name) ? Number(name) : 0), 0);
}

/** A holder tells other machines this often that it still runs, */
const TOUCH_MS = 10_000;
/** and counts as gone there after this long without a word. */
const LEASE_MS = 60_000;

/**
 * Holds something for as long as it takes, through a file with this process's name. When the process has ended, however it
 * ended, the file counts no more.
 */
export class Hold {
  readonly #own = JSON.stringify(thisProcess());
  readonly #timer: NodeJS.Timeout;

  /** Makes the file. Throws Node's EEXIST when there is one: judge that with `holderOf`, and remove it if nobody holds it. */
  constructor(readonly file: string) {
    try {
      writeFileSync(file, this.#own, { flag: 'wx' });
    } catch (error) {
      const theirs = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!theirs) rmSync(file, { force: true }); // on a full disk, an empty file has been made
      throw error;
    }
    this.#timer = setInterval(() => this.#touch(), TOUCH_MS).unref();
    process.on('exit', this.release);
  }

  /** Whether the file still names this process: another machine takes it over if this one was suspended for a while. */
  get intact(): boolean {
    try {
      return readFileSync(this.file, 'utf8').trim() === this.#own;
    } catch {
      return false;
    }
  }

  /** Removes the file; at the latest when this process exits. */
  readonly release = (): void => {
    clearInterval(this.#timer);
    process.off('exit', this.release);
    if (this.intact) rmSync(this.file, { force: true });
  };

  /** Changes the time of modification; on a network file system to the server's time, which is the same for all. */
  #touch(): void {
    if (this.intact) appendFileSync(this.file, ' ');
  }
}

/**
 * Who holds a file that a `Hold` or a lock has made; undefined when nobody does: it is empty or missing, or its process is
 * gone.
 * @param time now, by the clock of the file system
 */
export function holderOf(file: string, time = Date.now()): Holder | undefined {
  let holder: Holder | undefined;
  let touched: number;
  try {
    holder = parseHolder(readFileSync(file, 'utf8'));
    touched = statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
  if (holder === undefined) return undefined;
  const state = stateOf(holder);
  return state === 'running' || (state === 'elsewhere' && time - touched < LEASE_MS) ? holder : undefined;
}

/** A holder, for messages. */
export function holderText({ pid, host }: Holder): string {
  const name = host.split(' ')[0] ?? '';
  return name === hostname() ? `process ${pid}` : `process ${pid} on ${name}`;
}
