import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { holderOfRun } from '../train/run_folder.js';
import { makeFolder, needFolder, writeError } from '../util/atomic_write.js';
import { EXIT, FerError, isSystemError, RunError } from '../util/errors.js';
import { Hold, holderOf, holderText } from '../util/hold.js';
import { underLock } from '../util/lock.js';
import { printable } from '../util/printable.js';
import type { Holder } from '../util/processes.js';
import { clearTemporary } from '../util/temporary.js';
import { Journal } from './journal.js';
import { liveTrial, type TrialOrder } from './run_trial.js';
import { isStudy, readStudySettings, type StudySettings, writeStudySettings } from './settings.js';
import type { Pruner, Sampler, TrialRecord, Values } from './trial.js';

/** The content of a study's folder. The first entry makes it a study. */
const CONTENT = ['study.yaml', 'queue.json', 'trials.ndjson', 'trials'];

/** The sampler and the pruner, which decide what a study trains next. */
export interface Advisers {
  readonly sampler: Sampler;
  readonly pruner: Pruner;
}

/**
 * A study: a folder with `study.yaml` (its settings), `trials.ndjson` (the records of the trials) and `trials/`, the run folder
 * of each trial and, while a process works on it, a file `tN.lock` with its name. Several processes may work on one study: each
 * takes steps of trials, and no two take the same.
 */
export class Study {
  readonly name: string;
  readonly #journal: Journal;
  /** Whether it has removed the temporary files of killed processes. */
  #cleared = false;

  private constructor(
    readonly path: string,
    readonly settings: StudySettings,
    /** Whether the folder existed, empty, before the study. */
    private readonly given = false,
  ) {
    this.name = printable(basename(path));
    this.#journal = new Journal(path);
  }

  /**
   * Creates the folder of a study.
   * @param path default: the next free `studies/sN`
   * Throws RunError when there is something in it, or it cannot be written.
   */
  static create(path: string | undefined, settings: StudySettings): Study {
    const given = path !== undefined && existsSync(path);
    const folder = path === undefined ? nextFree('studies') : claim(path);
    writeStudySettings(folder, settings);
    return new Study(folder, settings, given);
  }

  /** Opens a study. Throws RunError, also if trials were trained but `trials.ndjson` is missing. */
  static open(path: string): Study {
    const study = new Study(path, readStudySettings(path));
    study.#journal.requireList();
    return study;
  }

  /** The same study with another number of trials. Throws RunError. */
  extended(trials: number): Study {
    const settings = { ...this.settings, trials };
    writeStudySettings(this.path, settings);
    return new Study(this.path, settings);
  }

  /** All trials that have begun, by number. */
  get trials(): TrialRecord[] {
    return this.#journal.read();
  }

  /** Number of lines of `trials.ndjson` so far that cannot be read. Their content is lost. */
  get damagedLines(): number {
    return this.#journal.damaged;
  }

  /**
   * All trials. Running ones are up to date with the last complete epoch in their log. They are `interrupted` if no process works
   * on them.
   */
  get liveTrials(): TrialRecord[] {
    return this.trials.map((trial) => {
      if (trial.state !== 'running') return trial;
      const state = this.workerOf(trial.number) === undefined ? 'interrupted' : 'running';
      return { ...liveTrial(trial, this.settings.objective), state };
    });
  }

  /**
   * Removes a study in which nothing was trained, as if it had not been created: no trial has an epoch, each was interrupted or
   * had wrong settings. Any other stays, and so does one that another process works on. Of a folder that existed before the
   * study, only the content is removed. Throws RunError.
   */
  async removeIfUnused(): Promise<void> {
    const unused = ({ epochs, state, exit }: TrialRecord): boolean =>
      epochs === 0 && (state === 'interrupted' || (state === 'failed' && exit === EXIT.usage));
    const doomed = await this.#underLock(() => {
      if (!this.liveTrials.every(unused)) return undefined;
      if (this.given) {
        for (const name of CONTENT) rmSync(join(this.path, name), { recursive: true, force: true });
        return undefined;
      }
      // The folder is renamed first, so that a process that waits for the lock finds no half-removed study.
      const aside = `${this.path}.removed-${process.pid}`;
      renameSync(this.path, aside);
      return aside;
    });
    if (doomed !== undefined) rmSync(doomed, { recursive: true, force: true });
  }

  /** If every trial has failed, throws the error of the first one, with its exit code. */
  checkSuccess(): void {
    const { trials } = this;
    const [first] = trials;
    if (first === undefined || trials.some(({ state }) => state !== 'failed')) return;
    throw new FerError(
      `no trial succeeded; trial ${first.number} failed: ${first.error}`,
      first.exit ?? EXIT.run,
    );
  }

  /** Which process works on a trial; undefined: none. */
  workerOf(number: number): Holder | undefined {
    return holderOf(this.#lockOf(number));
  }

  /**
   * Takes the next step: of a trial that was interrupted, or else the one that the pruner chooses.
   * @returns undefined when there is nothing more to do; `wait` when there may be more after the trials of other processes.
   * Throws RunError.
   */
  async take({ sampler, pruner }: Advisers): Promise<TakenStep | 'wait' | undefined> {
    return this.#underLock((time) => {
      const trials = this.trials;
      const running = trials.filter(({ state }) => state === 'running');
      const interrupted = running.find(({ number }) => holderOf(this.#lockOf(number), time) === undefined);
      // If a process was killed, its training process may still be saving.
      if (interrupted !== undefined)
        return holderOfRun(interrupted.run, time) === undefined ? this.#begin(interrupted) : 'wait';

      const nothing = running.length > 0 ? 'wait' : undefined;
      const step = pruner.next(trials);
      if (step === undefined) return nothing;
      if (step.trial !== 'new') {
        const paused = trials.find(({ number }) => number === step.trial);
        if (paused?.state !== 'paused')
          throw new Error(`the pruner wants trial ${step.trial}, which is not paused`);
        return this.#begin({ ...paused, until: step.epochs });
      }
      const begun = this.#suggest(firstFree(trials), sampler, trials, step.epochs);
      return begun === undefined ? nothing : this.#begin(begun);
    });
  }

  /**
   * Takes all remaining epochs of one trial, without asking the pruner.
   * @returns undefined when it is complete or has failed. Throws RunError when another process works on it, or when the study has
   * no such trial.
   */
  async takeTrial(number: number, sampler: Sampler): Promise<TakenStep | undefined> {
    return this.#underLock((time) => {
      const trials = this.trials;
      const begun = trials.find((trial) => trial.number === number);
      if (begun?.state === 'complete' || begun?.state === 'failed') return undefined;
      const holder = holderOf(this.#lockOf(number), time) ?? (begun && holderOfRun(begun.run, time));
      if (holder !== undefined)
        throw new RunError(`${this.path}: ${holderText(holder)} is working on trial ${number}`);
      const until = Number.POSITIVE_INFINITY;
      const trial = begun ? { ...begun, until } : this.#suggest(number, sampler, trials, until);
      if (trial === undefined)
        throw new RunError(
          `${this.path}: there is no trial ${number}; expected 1 to ${this.settings.trials}`,
        );
      return this.#begin(trial);
    });
  }

  /** The epochs of a trial with these values if it is not pruned. */
  epochsOf({ epochs }: Values): number {
    return typeof epochs === 'number' ? epochs : this.settings.settings.epochs;
  }

  /** A new trial; undefined when there can be none. */
  #suggest(
    number: number,
    sampler: Sampler,
    trials: readonly TrialRecord[],
    until: number,
  ): TrialRecord | undefined {
    if (number > this.settings.trials) return undefined;
    const before = trials.filter((trial) => trial.number < number);
    const values = sampler.suggest(number, before);
    if (values === undefined) return undefined;
    const run = join(this.path, 'trials', `t${number}`);
    return { number, values, epochs: 0, until, state: 'running', metric: null, curve: [], seconds: 0, run };
  }

  #begin(trial: TrialRecord): TakenStep {
    const { number, values, run } = trial;
    const until = Math.min(trial.until, this.epochsOf(values));
    const record: TrialRecord = { ...trial, until, state: 'running' };
    const lock = this.#lockOf(number);
    needFolder(dirname(lock)); // in case the user has removed it with the runs
    const hold = new Hold(lock);
    this.#journal.append(record);
    const { settings, objective } = this.settings;
    return new TakenStep({ number, values, settings, run, until, objective }, hold, (after) =>
      this.#underLock(() => this.#journal.append(after)),
    );
  }

  #lockOf(number: number): string {
    return join(this.path, 'trials', `t${number}.lock`);
  }

  #underLock<T>(body: (time: number) => T): Promise<T> {
    if (!this.#cleared)
      for (const folder of [this.path, join(this.path, 'trials')]) clearTemporary(folder, 'shared');
    this.#cleared = true;
    return underLock(join(this.path, 'study.lock'), (time) => {
      if (!isStudy(this.path)) throw new RunError(`${this.path}: there is no study any more`);
      return body(time);
    });
  }
}

/** A step of a trial that this process has taken. */
export class TakenStep {
  constructor(
    readonly order: TrialOrder,
    private readonly hold: Hold,
    private readonly append: (record: TrialRecord) => Promise<void>,
  ) {}

  /**
   * Records the trial after the step, and releases it. Throws RunError when another machine has taken it over, because this one
   * was suspended.
   */
  async finish(record: TrialRecord): Promise<void> {
    try {
      if (!this.hold.intact)
        throw new RunError(`${this.order.run}: another process has taken over this trial`);
      await this.append(record);
    } finally {
      this.hold.release();
    }
  }

  /** Releases the trial as it was last recorded; another process can resume it. */
  giveBack(): void {
    this.hold.release();
  }
}

/** The smallest number that no trial has. */
function firstFree(trials: readonly TrialRecord[]): number {
  const numbers = new Set(trials.map(({ number }) => number));
  let free = 1;
  while (numbers.has(free)) free++;
  return free;
}

/** Makes the folders of a study in a new or empty folder. @returns `folder` */
function claim(folder: string): string {
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0) throw occupied(folder);
    makeFolder(join(folder, 'trials'));
    return folder;
  } catch (cause) {
    throw cause instanceof RunError ? cause : writeError(folder, cause);
  }
}

/** Makes the folders of the next study in `parent`; of several processes that do so at once, each gets a study of its own. */
function nextFree(parent: string): string {
  for (let n = 1; ; n++) {
    const path = join(parent, `s${n}`);
    try {
      makeFolder(parent);
      mkdirSync(path);
    } catch (cause) {
      if (isSystemError(cause) && cause.code === 'EEXIST') continue;
      throw writeError(path, cause);
    }
    return claim(path);
  }
}

function occupied(folder: string): RunError {
  const what = isStudy(folder) ? `it holds a study (--resume ${folder} goes on with it)` : 'it is not empty';
  return new RunError(`study folder ${folder}: ${what}; choose another one with --out, or remove it first`);
}
