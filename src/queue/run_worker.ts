import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TrialOrder } from '../study/run_trial.js';
import type { TrialRecord } from '../study/trial.js';
import { TrialWorker } from '../study/trial_worker.js';
import type { Control } from '../train/control.js';
import type { TrainEvent } from '../train/events.js';
import { cacheFolder } from '../util/cache_folder.js';
import { clearTemporary } from '../util/temporary.js';
import { VERSION } from '../util/version.js';
import type { QueueAddress } from './address.js';
import { WorkerFiles } from './files.js';
import { RedisWorkerStore } from './redis_store.js';
import { measureSpeed } from './speed.js';
import type { WorkerCard } from './task.js';
import { WorkFolder } from './work_folder.js';
import { work } from './worker.js';

/** What a worker is told. */
export interface RunWorkerOptions {
  readonly address: QueueAddress;
  /** Default: host and process id. */
  readonly name: string | undefined;
  /** Paths of data sets on this machine. */
  readonly data: readonly string[];
  /** Part of the adapter's name; default: the one that training would choose. */
  readonly adapter: string | undefined;
  /** Seconds without a sign of life after which a trial goes to another worker. */
  readonly lease: number;
  /** Seconds between two copies of the checkpoint to the store, at least. */
  readonly sync: number;
  /** Megabytes of the largest run folder that goes through the store. */
  readonly limit: number;
  /** End after one task. */
  readonly once: boolean;
}

/** What a worker reports to and listens to. */
export interface RunWorkerHooks {
  readonly control: Control;
  /** It is there, and waits for trials. */
  onReady(card: WorkerCard): void;
  onBegin(order: TrialOrder): void;
  onEvent(order: TrialOrder, event: TrainEvent): void;
  /** A step of a trial has ended; `running`: it was interrupted, and was given back. */
  onEnd(record: TrialRecord): void;
  /** Hears what a person should know. */
  say(message: string): void;
}

/**
 * Trains trials of the queue until `control` stops it.
 * Throws NoGpuError, DataError, RunError and QueueError: what keeps this machine from any trial. The trial in progress is given back.
 */
export async function runWorker(options: RunWorkerOptions, hooks: RunWorkerHooks): Promise<void> {
  const { address, data, adapter, lease, sync, limit, once } = options;
  const { control, say } = hooks;
  const stop = new AbortController();
  const watching = (async () => {
    while (control.stopped === undefined) await control.changed();
    stop.abort();
  })();
  void watching;
  const leaseMs = lease * 1000;
  const store = await RedisWorkerStore.open({ address, say, leaseMs });
  clearTemporary(join(cacheFolder(), 'fetched'), 'shared');
  const folder = new WorkFolder(join(cacheFolder(), 'workers'));
  const trainer = new TrialWorker();
  try {
    const card: WorkerCard = {
      ...{ name: options.name ?? `${hostname()}-${process.pid}`, host: hostname(), version: VERSION },
      ...(await measureSpeed(adapter)),
    };
    hooks.onReady(card);
    await work(
      store,
      {
        ...{
          card,
          once,
          say,
          adapter,
          folder: folder.path,
          leaseMs,
          syncMs: sync * 1000,
          limit: limit * 1e6,
        },
        files: new WorkerFiles(store, { cache: join(cacheFolder(), 'fetched'), data, say }),
        train: async (order, { control: own, emit }) => {
          hooks.onBegin(order);
          const record = await trainer.run(order, {
            control: own,
            emit: (event) => {
              emit(event);
              hooks.onEvent(order, event);
            },
          });
          hooks.onEnd(record);
          return record;
        },
      },
      stop.signal,
    );
  } finally {
    await trainer.close();
    await store.close();
    folder.close();
  }
}
