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

/** Milliseconds after which the state of a task is read even without an event. */
const POLL_MS = 5000;
/** Milliseconds between two checks for file requests of workers. */
const REQUESTS_MS = 500;

const AS_IT_IS = (text: string): string => text;

/** The settings of a coordinator. */
export interface CoordinatorOptions {
  /** Identifies the study in the store, also after a restart; letters, digits and dashes. */
  readonly study: string;
  /** Bytes of the largest file or run folder that goes through the store. */
  readonly limit: number;
  /** Called with messages for the user. */
  readonly say: (message: string) => void;
}

/**
 * Lets workers on other machines train the trials of a study. The id of a task is derived from study, trial and epochs. So a
 * coordinator that is restarted after a crash finds the tasks of the previous one, and no step is queued twice.
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

  /** The workers that are connected. */
  workers(): Promise<WorkerCard[]> {
    return this.store.workers();
  }

  /**
   * Lets a worker train one step of a trial, and fetches the run folder. Meanwhile the log in the folder is kept up to date, so
   * that the run can be followed.
   * @param hooks `emit` hears of every epoch; a stop of `control` takes the task back if no worker has it yet. If one has, its
   *   result waits in the store, for whoever asks for the same step again.
   * @returns the record after the step; one that is `running` after a stop Throws DataError when a file of the training cannot be
   * read, QueueError when the run folder is above the limit.
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

  /** Removes the data of the study from the store, except tasks that workers are still working on. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#granting;
    await this.#files.close();
    await this.store.close();
  }

  /** Resolves at the next event of a task, or after `POLL_MS`. */
  #newsOf(id: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
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

  /** Fetches a run folder. @returns whether it was complete; if not, the step has to be trained again */
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
      await sleep(REQUESTS_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** An order whose initial weights are a file, which can be sent; in a study they may also be the name of a network or a run. */
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

/** The record of a worker, with the paths of this machine. JSON has null in place of NaN. */
function localRecord(record: TrialRecord, { number, values, run, until }: TrialOrder): TrialRecord {
  const curve = record.curve.map((value: number | null) => value ?? Number.NaN);
  return { ...record, number, values, run, until, curve };
}
