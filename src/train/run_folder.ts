import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite, makeFolder, writeError } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import type { TrainEvent } from './events.js';

/**
 * The folder of one run: `config.json`, `events.ndjson` (append-only, the truth), `best.safetensors`,
 * `last.safetensors`, `summary.json`, and while the run lives `lock` with its process id.
 */
export class RunFolder {
  readonly name: string;
  readonly best: string;
  readonly last: string;
  readonly #events: number;

  private constructor(readonly path: string) {
    this.name = basename(path);
    this.best = join(path, 'best.safetensors');
    this.last = join(path, 'last.safetensors');
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
      const lock = openSync(join(path, 'lock'), 'wx');
      writeSync(lock, String(process.pid));
      closeSync(lock);
      return new RunFolder(path);
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  writeJson(name: 'config' | 'summary', value: unknown): void {
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
  if (inside.includes('lock')) {
    const pid = Number(readFileSync(join(path, 'lock'), 'utf8'));
    if (alive(pid))
      throw new RunError(`run folder ${path}: process ${pid} is using it; choose another one with --out`);
  }
  const what = inside.includes('events.ndjson') ? 'it holds an earlier run' : 'it is not empty';
  throw new RunError(`run folder ${path}: ${what}; choose another one with --out, or remove it first`);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function nextFree(parent: string): string {
  for (let n = 1; ; n++) {
    const path = join(parent, `r${n}`);
    if (!existsSync(path)) return path;
  }
}

/** Reads a log back; a last line that a crash cut off is left out. Throws RunError on any other bad line. */
export function readEvents(path: string): TrainEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const rest = lines.pop();
  const parse = (line: string, index: number): TrainEvent => {
    try {
      return JSON.parse(line) as TrainEvent;
    } catch (cause) {
      throw new RunError(`${path}:${index + 1}: not a line of JSON; the log is damaged`, { cause });
    }
  };
  const events = lines.map(parse);
  if (rest !== undefined && rest !== '') {
    try {
      events.push(JSON.parse(rest) as TrainEvent);
    } catch {
      // Cut off in the middle by a crash: the only damage that an append-only log can take.
    }
  }
  return events;
}
