import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failedTrial, recordOf, type TrialOrder } from '../study/run_trial.js';
import type { TrialRecord } from '../study/trial.js';
import type { Control } from '../train/control.js';
import { readLog } from '../train/event_log.js';
import type { EpochEvent } from '../train/events.js';
import type { Hooks } from '../train/session.js';
import { weightsPath } from '../train/shipped_models.js';
import { EXIT, QueueError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import { CoordinatorFiles } from './files.js';
import { EMPTY_PARCEL, fetchFolder, sendFolder } from './parcels.js';
import { fetchLog } from './run_log.js';
import type { CoordinatorStore, TaskView, WorkerCard } from './task.js';

/** Milliseconds after which a task is looked at even without news of it. */
const LOOK_MS = 5000;
/** Milliseconds between two looks at what workers ask for. */
const WISHES_MS = 500;

const AS_IT_IS = (text: string): string => text;

/** What a coordinator needs to know of its study. */
export interface CoordinatorOptions {
  /** Identifies the study in the store, also after a restart; letters, digits and dashes. */
  readonly study: string;
  /** Bytes of the largest file or run folder that goes through the store. */
  readonly limit: number;
  /** Hears what a person should know. */
  readonly say: (message: string) => void;
}

/**
 * Has the trials of a study trained by workers on other machines. A task is queued under a name that follows from study, trial
 * and epochs. So a coordinator that was killed and asks again finds the task, wherever it is by then, and a step is never
 * trained for twice.
 */
export class Coordinator {
  readonly #files: CoordinatorFiles;
  readonly #waiting = new Map<string, () => void>();
  readonly #ended = new AbortController();
  readonly #granting: Promise<void>;

  constructor(
    private readonly store: CoordinatorStore,
    private readonly options: CoordinatorOptions,
  ) {
    this.#files = new CoordinatorFiles(store, options.study, options.limit);
    store.onNews((id) => this.#waiting.get(id)?.());
    this.#granting = this.#grant();
  }

  /** The workers that are there. */
  workers(): Promise<WorkerCard[]> {
    return this.store.workers();
  }

  /**
   * Has one step of a trial trained, and brings its run folder here. Until the step is done, the folder has the log as far as
   * it is, so that it can be watched.
   * @param hooks `emit` hears of every epoch; a stop of `control` takes the task back if no worker has it yet. If one has, its
   *   result waits in the store, for whoever asks for the same step again.
   * @returns the record after the step; one that is `running` after a stop
   * Throws DataError when a file of the training cannot be read, QueueError when the run folder is above the limit.
   */
  async run(order: TrialOrder, { control, emit }: Pick<Hooks, 'control' | 'emit'>): Promise<TrialRecord> {
    const id = `${this.options.study}.${order.number}.${order.until}`;
    const stopped = untilStopped(control);
    let known = -1;
    for (;;) {
      const news = this.#newsOf(id);
      const view = (await this.store.look(id)) ?? (await this.#submit(id, order));
      if (view.state === 'done' && view.result !== undefined) {
        if (await this.#collect(id, order, view.result.folder)) return localRecord(view.result.record, order);
        continue;
      }
      if (view.state === 'lost') {
        await this.store.forget(id);
        return failedTrial(order, 'every worker that took this trial died with it', EXIT.device);
      }
      if (view.progress !== undefined && view.progress.epochs !== known) {
        await fetchLog(this.store.depot, id, order.run);
        for (const event of epochsOf(order.run)) if (event.epoch > known) emit(event);
        known = view.progress.epochs;
      }
      if (control.stopped !== undefined) {
        await this.store.forget(id);
        return recordOf(order);
      }
      await Promise.race([news, stopped]);
    }
  }

  /** Removes what the study has left in the store, apart from the results of workers that are still at work. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#granting;
    await this.#files.close();
    await this.store.close();
  }

  /** Resolves at the first news of a task after this call, or after some seconds. */
  #newsOf(id: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#waiting.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #submit(id: string, named: TrialOrder): Promise<TaskView> {
    const { study, limit } = this.options;
    const order = withFiles(named);
    const needs = await this.#files.neededBy(order);
    const shipment = { depot: this.store.depot, shelf: id, sender: 'coordinator', limit };
    const folder = await sendFolder(shipment, order.run, AS_IT_IS);
    await this.store.submit({ id, study, version: VERSION, order, needs, folder });
    return { state: 'waiting' };
  }

  /** Brings a run folder here. @returns whether it was whole; if not, the step has to be trained again */
  async #collect(id: string, { number, run }: TrialOrder, parcel = EMPTY_PARCEL): Promise<boolean> {
    const { limit, say } = this.options;
    try {
      await fetchFolder({ depot: this.store.depot, shelf: id, limit }, parcel, run, AS_IT_IS);
      return true;
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      say(`trial ${number}: ${error.message}; it is trained again`);
      return false;
    } finally {
      this.#waiting.delete(id);
      await this.store.forget(id);
    }
  }

  async #grant(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#files.sendRequested().catch((error: unknown) => this.options.say(String(error)));
      await sleep(WISHES_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** An order whose initial weights are a file, which can be sent; in a study they may be the name of a network or a run. */
function withFiles(order: TrialOrder): TrialOrder {
  const found = <T extends Readonly<Record<string, unknown>>>(all: T): T =>
    typeof all['init'] === 'string' ? { ...all, init: weightsPath(all['init']) } : all;
  return { ...order, settings: found(order.settings), values: found(order.values) };
}

/** Resolves when a study is to stop. */
async function untilStopped(control: Control): Promise<void> {
  while (control.stopped === undefined) await control.changed();
}

function epochsOf(run: string): EpochEvent[] {
  const path = join(run, 'events.ndjson');
  return existsSync(path) ? readLog(path).events.filter((event) => event.type === 'epoch') : [];
}

/** The record of a worker, with the names of this machine. JSON has no NaN, and holds null instead. */
function localRecord(record: TrialRecord, { number, values, run, until }: TrialOrder): TrialRecord {
  const curve = record.curve.map((value: number | null) => value ?? Number.NaN);
  return { ...record, number, values, run, until, curve };
}
