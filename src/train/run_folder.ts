import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite, makeFolder, writeError } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { isAlive } from '../util/processes.js';
import type { TrainEvent } from './events.js';

/**
 * The folder of one run: `config.json`, `events.ndjson` (append-only, the truth), `best.safetensors`,
 * `last.safetensors`, `checkpoint.safetensors` and `tuning.json` to resume from, `summary.json`, and while the run lives `lock` with its
 * process id.
 */
export class RunFolder {
  readonly name: string;
  readonly best: string;
  readonly last: string;
  /** Weights that early stopping goes back to. */
  readonly restore: string;
  readonly checkpoint: string;
  /** The kernels that the run was begun with. */
  readonly tuning: string;
  /** The network of a file, which the run keeps. */
  readonly architecture: string;
  readonly #events: number;

  private constructor(readonly path: string) {
    this.name = basename(path);
    this.best = join(path, 'best.safetensors');
    this.last = join(path, 'last.safetensors');
    this.restore = join(path, 'restore.safetensors');
    this.checkpoint = join(path, 'checkpoint.safetensors');
    this.tuning = join(path, 'tuning.json');
    this.architecture = join(path, 'architecture.json');
    this.#events = openSync(join(path, 'events.ndjson'), 'a');
  }

  /**
   * Makes the folder and locks it.
   * @param out the folder, or undefined for the next free `runs/rN`
   * Throws RunError when it already holds something, belongs to a living process, or cannot be written.
   */
  static create(out: string | undefined): RunFolder {
    const path = out ?? nextFree('runs');
    if (existsSync(path)) refuseOccupied(path);
    try {
      makeFolder(path);
      return locked(path, () => new RunFolder(path));
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /**
   * Takes up an earlier run that has ended, whatever ended it. Throws RunError when there is none, when its process
   * lives, or when it cannot be written.
   */
  static reopen(path: string): RunFolder {
    if (!existsSync(join(path, 'config.json'))) {
      throw new RunError(`${path}: no run to resume there (it has no config.json); see "fer-tui runs"`);
    }
    refuseLocked(path);
    try {
      rmSync(join(path, 'lock'), { force: true });
      return locked(path, () => {
        cutBrokenLine(join(path, 'events.ndjson'));
        return new RunFolder(path);
      });
    } catch (cause) {
      throw cause instanceof RunError ? cause : writeError(path, cause);
    }
  }

  /** The file for the weights of one epoch. Throws RunError. */
  ofEpoch(epoch: number): string {
    const folder = join(this.path, 'epochs');
    try {
      makeFolder(folder);
    } catch (cause) {
      throw writeError(folder, cause);
    }
    return join(folder, `epoch-${String(epoch).padStart(4, '0')}.safetensors`);
  }

  /** The settings that the run was begun with. Throws RunError. */
  readConfig(): Record<string, unknown> {
    const path = join(this.path, 'config.json');
    try {
      return withOldSizes(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
    } catch (cause) {
      throw new RunError(`${path}: cannot be read as JSON`, { cause });
    }
  }

  /** Whether there is a checkpoint yet. */
  get hasCheckpoint(): boolean {
    return existsSync(this.checkpoint);
  }

  writeJson(name: 'config' | 'summary' | 'architecture', value: unknown): void {
    atomicWrite(join(this.path, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Appends to the log; reaches the disk at once for everything but single steps. */
  log(event: TrainEvent): void {
    try {
      writeSync(this.#events, `${JSON.stringify(event)}\n`);
      if (event.type !== 'step') fsyncSync(this.#events);
    } catch (cause) {
      throw writeError(join(this.path, 'events.ndjson'), cause);
    }
  }

  /** Unlocks. */
  close(): void {
    closeSync(this.#events);
    rmSync(join(this.path, 'lock'), { force: true });
  }
}

function refuseOccupied(path: string): void {
  let inside: string[];
  try {
    inside = readdirSync(path);
  } catch (cause) {
    throw new RunError(`run folder ${path}: it is not a folder; choose another one with --out`, { cause });
  }
  if (inside.length === 0) return;
  refuseLocked(path);
  const run = inside.includes('events.ndjson');
  const what = run ? `it holds an earlier run (--resume ${path} goes on with it)` : 'it is not empty';
  throw new RunError(`run folder ${path}: ${what}; choose another one with --out, or remove it first`);
}

/** Locks a folder for this process and opens it; fails if it is locked, and then leaves everything as it was. */
function locked<T>(path: string, open: () => T): T {
  const name = join(path, 'lock');
  const file = openSync(name, 'wx');
  try {
    writeSync(file, String(process.pid));
    return open();
  } catch (cause) {
    rmSync(name, { force: true });
    throw cause;
  } finally {
    closeSync(file);
  }
}

/** The living process that holds a folder's lock. One that a killed process left behind does not count. */
function holder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(path, 'lock'), 'utf8'));
    return pid > 0 && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a living process trains in a folder. */
export function isLocked(path: string): boolean {
  return holder(path) !== undefined;
}

function refuseLocked(path: string): void {
  const pid = holder(path);
  if (pid !== undefined)
    throw new RunError(
      `run folder ${path}: process ${pid} is using it; wait for it, or choose another one with --out`,
    );
}

/** A crash may have cut the last line of a log off; what is appended must begin on a line of its own. */
function cutBrokenLine(path: string): void {
  if (!existsSync(path)) return;
  const text = readFileSync(path);
  const end = text.lastIndexOf(10) + 1;
  if (end < text.length) truncateSync(path, end);
}

function nextFree(parent: string): string {
  for (let n = 1; ; n++) {
    const path = join(parent, `r${n}`);
    if (!existsSync(path)) return path;
  }
}

/** Reads a log back; a last line that a crash cut off is left out. Throws RunError on any other bad line. */
export function readEvents(path: string): TrainEvent[] {
  const { events, damagedAfter } = readLog(path);
  if (damagedAfter === undefined) return events;
  throw new RunError(`${path}:${damagedAfter + 1}: not a line of JSON; the log is damaged`);
}

/** Reads a log up to its first bad line; `damagedAfter` is the number of good lines before it, if there is one. */
export function readLog(path: string): { events: TrainEvent[]; damagedAfter: number | undefined } {
  const lines = readFileSync(path, 'utf8').split('\n');
  // What follows the last line break is empty, or was cut off by a crash: the only damage that appending can do.
  const rest = lines.pop() ?? '';
  const events: TrainEvent[] = [];
  for (const line of lines) {
    const event = parseEvent(line);
    if (event === undefined) return { events, damagedAfter: events.length };
    events.push(event);
  }
  const last = parseEvent(rest);
  if (last !== undefined) events.push(last);
  return { events, damagedAfter: undefined };
}

function parseEvent(line: string): TrainEvent | undefined {
  try {
    const event = JSON.parse(line) as { readonly type?: unknown } | null;
    if (typeof event?.type !== 'string') return undefined;
    // Notes had the type `event` in logs of earlier versions.
    return (event.type === 'event' ? { ...event, type: 'note' } : event) as TrainEvent;
  } catch {
    return undefined;
  }
}

/**
 * Runs did not always write out the sizes of their network (see `recorded` in assemble.ts), and `fer-vgg` had other ones
 * then.
 */
function withOldSizes(config: Record<string, unknown>): Record<string, unknown> {
  if (config['model'] !== 'fer-vgg' || config['architecture'] !== undefined) return config;
  return { filters: '32,64,128,256', convolutions: 2, dense: '64,64', ...config };
}
