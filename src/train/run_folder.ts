import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite, makeFolder, needFolder, writeError } from '../util/atomic_write.js';
import { isSystemError, RunError, UsageError } from '../util/errors.js';
import { readForeignJson } from '../util/foreign.js';
import { HeldError, Hold, holderOf, holderText } from '../util/hold.js';
import { namesIn } from '../util/names_in.js';
import type { Holder } from '../util/processes.js';
import { readWhole } from '../util/read_whole.js';
import { clearTemporary, isTemporary } from '../util/temporary.js';
import { resolveConfig, type TrainConfig } from './config.js';
import { readLog } from './event_log.js';
import type { StartEvent, TrainEvent } from './events.js';

/** Names the process that trains in a folder. */
const LOCK = 'lock';
/** The settings: a folder that has them holds a run. */
const CONFIG = 'config.json';
/** What a new run writes before its settings, apart from an empty log. */
const START_FILES: readonly string[] = ['teacher.json', 'tuning.json', 'architecture.json', 'labels.csv'];

/** Path of the corrections of labels in the folder of a run; the file exists only if the run trains with some. */
export const labelsOf = (path: string): string => join(path, 'labels.csv');

/**
 * The seed with which a run held out its validation images, if its data had none; undefined before its start. Logs of
 * earlier versions do not record it: there it was the seed of the training.
 */
export function heldOutSeedOf(path: string): number | undefined {
  const start = firstStart(path);
  const seed = start?.data.heldOutSeed ?? start?.config['seed'];
  return typeof seed === 'number' ? seed : undefined;
}

/** What a run began with; undefined before its start. */
const firstStart = (path: string): StartEvent | undefined => startsOf(path)[0];

/** How each session of a run began. */
function startsOf(path: string): StartEvent[] {
  const log = join(path, 'events.ndjson');
  return existsSync(log) ? readLog(log).events.filter((event) => event.type === 'start') : [];
}

/**
 * The folder of one run. `config.json` holds its settings, `events.ndjson` its append-only log, `best.safetensors` and
 * `last.safetensors` weights, `checkpoint.safetensors` and `tuning.json` what resuming needs, `summary.json` the result.
 * While a process trains there, `lock` names it.
 */
export class RunFolder {
  readonly name: string;
  readonly best: string;
  readonly last: string;
  /** The weights that early stopping restores. */
  readonly restore: string;
  readonly checkpoint: string;
  /** The choice of kernels that the run started with. */
  readonly tuning: string;
  /** The run's copy of an architecture file. */
  readonly architecture: string;
  /** The teachers of the run. */
  readonly teacher: string;
  /** The run's copy of the corrections of labels. */
  readonly labels: string;
  readonly #events: number;

  private constructor(
    readonly path: string,
    private readonly hold: Hold,
  ) {
    this.name = basename(path);
    this.best = join(path, 'best.safetensors');
    this.last = join(path, 'last.safetensors');
    this.restore = join(path, 'restore.safetensors');
    this.checkpoint = join(path, 'checkpoint.safetensors');
    this.tuning = join(path, 'tuning.json');
    this.architecture = join(path, 'architecture.json');
    this.teacher = join(path, 'teacher.json');
    this.labels = labelsOf(path);
    this.#events = openSync(join(path, 'events.ndjson'), 'a');
  }

  /**
   * Creates the folder and locks it.
   * @param out the folder, or undefined for the next free `runs/rN`
   * Throws RunError when the folder is not empty, another process uses it, or it cannot be written.
   */
  static create(out: string | undefined): RunFolder {
    try {
      const path = out === undefined ? nextFree('runs') : claim(out);
      try {
        return locked(path, (hold) => {
          refuseOccupied(path, hold); // checked again: another process may have created a run there in the meantime
          clearStart(path);
          return new RunFolder(path, hold);
        });
      } catch (cause) {
        removeEmpty(path); // not even its lock could be written
        throw cause;
      }
    } catch (cause) {
      throw cause instanceof RunError ? cause : writeError(out ?? 'runs', cause);
    }
  }

  /**
   * Opens the folder of an earlier run and locks it. Throws RunError when there is no run, another process uses it, or it
   * cannot be written.
   */
  static reopen(path: string): RunFolder {
    if (!existsSync(join(path, CONFIG))) {
      throw new RunError(
        `${path}: no run to resume there (it has no config.json); see "fer-tui runs", or begin one there with --out`,
      );
    }
    try {
      return locked(path, (hold) => {
        clearTemporary(path, 'ours');
        cutBrokenLine(join(path, 'events.ndjson'));
        return new RunFolder(path, hold);
      });
    } catch (cause) {
      throw cause instanceof RunError ? cause : writeError(path, cause);
    }
  }

  /** Path of the weight file of one epoch, in `epochs/`. Throws RunError when that folder cannot be created. */
  ofEpoch(epoch: number): string {
    const folder = join(this.path, 'epochs');
    needFolder(folder);
    return join(folder, `epoch-${String(epoch).padStart(4, '0')}.safetensors`);
  }

  /** The settings that the run started with. Throws RunError. */
  readSettings(): TrainConfig {
    return readRunSettings(this.path);
  }

  /** The classes that the run began with; undefined before its start, and in logs of early versions. */
  get classes(): readonly string[] | undefined {
    return firstStart(this.path)?.data.classes;
  }

  /** How the latest session of the run began. */
  get latestStart(): StartEvent | undefined {
    return startsOf(this.path).at(-1);
  }

  /** Whether there is a checkpoint yet. */
  get hasCheckpoint(): boolean {
    return existsSync(this.checkpoint);
  }

  /** Writes the settings, the last file of a start: from now on, the folder holds a run that can be resumed. */
  begin(config: object): void {
    this.#writeJson('config', config);
  }

  writeJson(name: 'summary' | 'architecture' | 'teacher', value: unknown): void {
    this.#writeJson(name, value);
  }

  #writeJson(name: string, value: unknown): void {
    atomicWrite(join(this.path, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Appends an event to the log. All events but steps are flushed to the disk at once. Throws RunError. */
  log(event: TrainEvent): void {
    try {
      writeSync(this.#events, `${JSON.stringify(event)}\n`);
      if (event.type !== 'step') fsyncSync(this.#events);
    } catch (cause) {
      throw writeError(join(this.path, 'events.ndjson'), cause);
    }
  }

  /** Unlocks the folder. If the start failed, so that it holds no run, the folder is removed. */
  close(): void {
    closeSync(this.#events);
    if (!existsSync(join(this.path, CONFIG))) {
      clearStart(this.path);
      this.hold.release();
      removeEmpty(this.path);
    } else this.hold.release();
  }
}

/** The settings in the folder of a run, as stored and not yet checked. Throws RunError. */
export function readRunConfig(folder: string): Record<string, unknown> {
  return withOldSizes(readForeignJson(join(folder, CONFIG), 'the settings of a run'));
}

/** The settings that the run in a folder started with. Throws RunError, also for a value that no version has written. */
export function readRunSettings(folder: string): TrainConfig {
  const config = readRunConfig(folder);
  try {
    return resolveConfig(config);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new RunError(`${join(folder, CONFIG)}: damaged: ${cause.message}`, { cause });
  }
}

/** @param hold the lock of the folder, if this process has it */
function refuseOccupied(path: string, hold?: Hold): void {
  let inside: string[];
  try {
    inside = readdirSync(path);
  } catch (cause) {
    throw new RunError(`run folder ${path}: it is not a folder; choose another one with --out`, { cause });
  }
  if (!inside.includes(CONFIG) && inside.every((name) => ofStart(path, name))) return;
  if (hold === undefined) {
    const holder = holderOf(join(path, LOCK));
    if (holder !== undefined) throw inUse(path, holder);
  }
  const run = inside.includes('events.ndjson');
  const what = run ? `it holds an earlier run (--resume ${path} continues it)` : 'it is not empty';
  throw new RunError(`run folder ${path}: ${what}; choose another one with --out, or remove it first`);
}

/** Whether a file is one of those that a start writes before the settings, or has begun to write. */
function ofStart(path: string, name: string): boolean {
  if (name === 'events.ndjson') return statSync(join(path, name)).size === 0;
  return START_FILES.includes(name) || name.startsWith(LOCK) || isTemporary(name);
}

/**
 * Removes the files that a killed or failed start left in a folder, but not those that a running process is writing there: it
 * may be about to find out that the folder is locked.
 */
function clearStart(path: string): void {
  clearTemporary(path, 'ours');
  for (const name of namesIn(path)) {
    if (name !== LOCK && !isTemporary(name) && ofStart(path, name)) rmSync(join(path, name), { force: true });
  }
}

/** Removes a folder if nothing is in it. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // The user has put something there.
  }
}

/** Locks a folder for this process, then opens it. If either fails, nothing has changed. */
function locked<T>(path: string, open: (hold: Hold) => T): T {
  const hold = lock(path);
  try {
    return open(hold);
  } catch (cause) {
    hold.release();
    throw cause;
  }
}

function lock(path: string): Hold {
  try {
    return new Hold(join(path, LOCK));
  } catch (cause) {
    throw cause instanceof HeldError ? inUse(path, cause.holder) : cause;
  }
}

/** Whether a running process trains in a folder. */
export function isLocked(path: string): boolean {
  return holderOfRun(path) !== undefined;
}

/** The process that trains in a folder; undefined: none does. @param time now, by the clock of the file system */
export const holderOfRun = (path: string, time?: number): Holder | undefined =>
  holderOf(join(path, LOCK), time);

function inUse(path: string, holder: Holder): RunError {
  return new RunError(
    `run folder ${path}: ${holderText(holder)} is using it; wait for it, or choose another one with --out`,
  );
}

/** Removes the last line of a log if a crash left it incomplete, so that the next event starts on a new line. */
function cutBrokenLine(path: string): void {
  if (!existsSync(path)) return;
  const text = readWhole(path);
  const end = text.lastIndexOf(10) + 1;
  if (end < text.length) truncateSync(path, end);
}

/** Makes a folder, or takes one that is empty. @returns `path` */
function claim(path: string): string {
  if (existsSync(path)) refuseOccupied(path);
  makeFolder(path);
  return path;
}

/** Makes the next free folder in `parent`. Processes that do so at the same time each get a folder of their own. */
function nextFree(parent: string): string {
  makeFolder(parent);
  for (let n = 1; ; n++) {
    const path = join(parent, `r${n}`);
    if (existsSync(path)) continue;
    try {
      mkdirSync(path);
      return path;
    } catch (cause) {
      if (!(isSystemError(cause) && cause.code === 'EEXIST')) throw writeError(path, cause);
    }
  }
}

/**
 * Adds the layer sizes to settings of earlier versions, which did not write them out (see `recorded` in assemble.ts): in
 * those versions, `fer-vgg` was another network.
 */
function withOldSizes(config: Record<string, unknown>): Record<string, unknown> {
  if (config['model'] !== 'fer-vgg' || config['architecture'] !== undefined) return config;
  return { filters: '32,64,128,256', convolutions: 2, dense: '64,64', ...config };
}
