import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { isFileLocked, lockFile } from './flock.js';
import { type Holder, parseHolder, sharesKernel, stateOf, thisProcess } from './processes.js';
import { readText } from './read_whole.js';
import { temporaryName } from './temporary.js';

/** A holder tells other machines this often that it still runs, */
const TOUCH_MS = 10_000;
/** and counts as gone there after this long without a word. */
export const LEASE_MS = 60_000;

/** How file systems without links refuse one. */
const WITHOUT_LINKS = new Set<unknown>(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'UNKNOWN']);

/** Another process holds what this one wants. */
export class HeldError extends Error {
  constructor(
    file: string,
    readonly holder: Holder,
  ) {
    super(`${file}: ${holderText(holder)} holds it`);
    this.name = 'HeldError';
  }
}

/** What this process holds. */
const holds = new Set<Hold>();
process.on('exit', () => {
  for (const hold of holds) hold.release();
});

/**
 * Holds something for as long as it takes, through a file with this process's name. When the process has ended, however it
 * ended, the file counts no more, and of several processes that find it at once, one takes it over. Whether it has ended is
 * told by its id and start; from another container, by flock(2) where there is that; else, as from another machine, by a
 * minute without a sign of life.
 */
export class Hold {
  readonly #taken: Taken;
  readonly #timer: NodeJS.Timeout;

  /** Makes the file, or takes it over. Throws HeldError when another process holds it, and Node's errors. */
  constructor(readonly file: string) {
    this.#taken = take(file, lockFile);
    this.#timer = setInterval(() => this.#touch(), TOUCH_MS).unref();
    holds.add(this);
  }

  /** Whether the file still names this process: another machine takes it over if this one was suspended for a while. */
  get intact(): boolean {
    return this.#taken.intact;
  }

  /** Removes the file; at the latest when this process exits. */
  release(): void {
    clearInterval(this.#timer);
    holds.delete(this);
    this.#taken.release();
  }

  /** Changes the time of modification; on a network file system to the server's time, which is the same for all. */
  #touch(): void {
    if (!this.intact) return;
    try {
      appendFileSync(this.file, ' ');
    } catch {
      utimesSync(this.file, new Date(), new Date()); // the disk is full
    }
  }
}

let attempts = 0;

/**
 * Makes a file with this process's name. Where there is one of a process that is gone, it is replaced under a file of its own,
 * which is named after what it replaces and is taken in the same way: so only one process replaces it, and none replaces
 * what came after it. A complete file gets its name by `link`, which fails where the name is taken, on network file systems too.
 * @param lock locks the open file for as long as this process runs; returns whether it could
 * Throws HeldError when another process holds it, and Node's errors.
 */
export function take(file: string, lock: (descriptor: number) => boolean = () => false): Taken {
  const draft = temporaryName(`${file}.${attempts++}`);
  const descriptor = openSync(draft, 'w');
  let taken: Taken | undefined;
  try {
    const own = { ...thisProcess(), id: randomUUID() };
    const flock = lock(descriptor);
    const text = JSON.stringify({ ...own, flock });
    writeSync(descriptor, text);
    while (taken === undefined) {
      const placed = place(draft, file, JSON.stringify(own)) ?? replaced(draft, file);
      if (placed === 'draft') taken = new Taken(file, text, flock ? descriptor : undefined);
      else if (placed === 'copy') taken = new Taken(file, JSON.stringify(own), undefined);
    }
    return taken;
  } finally {
    if (taken?.descriptor === undefined) closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

/** A file that this process has taken. */
export class Taken {
  #released = false;

  /**
   * @param text what it wrote there
   * @param descriptor keeps the file locked
   */
  constructor(
    private readonly file: string,
    private readonly text: string,
    readonly descriptor: number | undefined,
  ) {}

  get intact(): boolean {
    return textOf(this.file) === this.text;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.intact) rmSync(this.file, { force: true });
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}

/**
 * Gives a draft its name if there is no such file yet.
 * @param copy what a copy says where the file system has no links
 */
function place(draft: string, file: string, copy: string): 'draft' | 'copy' | undefined {
  try {
    linkSync(draft, file);
    return 'draft';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    if (!WITHOUT_LINKS.has(codeOf(error))) throw error;
  }
  try {
    writeFileSync(file, copy, { flag: 'wx' });
    return 'copy';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    rmSync(file, { force: true }); // on a full disk, an empty file has been made
    throw error;
  }
}

/** Gives a draft the name of a file whose process is gone. @returns undefined when another process was faster */
function replaced(draft: string, file: string): 'draft' | undefined {
  const before = textOf(file);
  const holder = holderOf(file, statSync(draft).mtimeMs);
  if (holder !== undefined) throw new HeldError(file, holder);
  if (before === undefined) return undefined;
  const claim = take(`${file}.${createHash('sha256').update(before).digest('hex').slice(0, 12)}.new`);
  try {
    if (textOf(file) !== before) return undefined;
    renameSync(draft, file);
    return 'draft';
  } finally {
    claim.release();
  }
}

/** What a process has written into a file; undefined when there is none. Throws Node's error when it cannot be read. */
function textOf(file: string): string | undefined {
  try {
    return readText(file).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Who holds a file that a `Hold` or a lock has made; undefined when nobody does: it is empty or missing, or its process is
 * gone.
 * @param time now, by the clock of the file system
 */
export function holderOf(file: string, time = Date.now()): Holder | undefined {
  let text: string;
  let touched: number;
  try {
    text = readText(file);
    touched = statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
  const holder = parseHolder(text);
  if (holder === undefined) return undefined;
  const state = stateOf(holder);
  if (state !== 'elsewhere') return state === 'running' ? holder : undefined;
  const locked = holder.flock === true && sharesKernel(holder) ? isFileLocked(file) : undefined;
  return (locked ?? time - touched < LEASE_MS) ? holder : undefined;
}

/** A holder, for messages. */
export function holderText({ pid, host }: Holder): string {
  const [name = '', namespace] = host.split(' ');
  const own = thisProcess().host;
  if (host === own) return `process ${pid}`;
  return name === hostname() && namespace !== undefined
    ? `process ${pid} of another container`
    : `process ${pid} on ${name}`;
}
