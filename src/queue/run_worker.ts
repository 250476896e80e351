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
import { type TrainTrial, work } from './worker.js';

/** The settings of a worker. */
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
  /** Least time between two copies of the checkpoint to the store, in seconds. */
  readonly sync: number;
  /** Megabytes of the largest run folder that goes through the store. */
  readonly limit: number;
  /** End after one task. */
  readonly once: boolean;
}

/** Receives the messages of a worker, and controls it. */
export interface RunWorkerHooks {
  readonly control: Control;
  /** Called when the worker is connected and waits for trials. */
  onReady(card: WorkerCard): void;
  onBegin(order: TrialOrder): void;
  onEvent(order: TrialOrder, event: TrainEvent): void;
  /** Called when a step of a trial has ended; `running`: it was interrupted, and returned to the queue. */
  onEnd(record: TrialRecord): void;
  /** Called with messages for the user. */
  say(message: string): void;
}

/**
 * Trains trials of the queue until `control` stops it. Resolves with `away` if the server was unreachable then, and the client
 * still waits for it. Throws NoGpuError, DataError, RunError and QueueError: errors that prevent this machine from training any
 * trial. The trial in progress is returned to the queue.
 */
export async function runWorker(options: RunWorkerOptions, hooks: RunWorkerHooks): Promise<'done' | 'away'> {
  const { address, lease } = options;
  const { control, say } = hooks;
  const stop = new AbortController();
  const watching = (async () => {
    while (control.stopped === undefined) await control.changed();
    stop.abort();
  })();
  void watching;
  const folder = new WorkFolder(join(cacheFolder(), 'workers'));
  try {
    const store = await RedisWorkerStore.open({ address, say, leaseMs: lease * 1000 });
    const trainer = new TrialWorker();
    const serving = serve(store, trainer, folder, options, hooks, stop.signal);
    // If the trial cannot be returned, another worker gets it when the lease of this one ends.
    const givenUp = store.givenUp(stop.signal).then(() => say('the queue is still away: not waiting for it'));
    try {
      return await Promise.race([serving.then(() => 'done' as const), givenUp.then(() => 'away' as const)]);
    } finally {
      await trainer.close();
      await Promise.race([store.close(), givenUp]);
    }
  } finally {
    folder.close();
  }
}

/** Announces this machine, and works on trials until `signal` is aborted. */
async function serve(
  store: RedisWorkerStore,
  trainer: TrialWorker,
  folder: WorkFolder,
  { name, data, adapter, lease, sync, limit, once }: RunWorkerOptions,
  hooks: RunWorkerHooks,
  signal: AbortSignal,
): Promise<void> {
  const { say } = hooks;
  const cache = join(cacheFolder(), 'fetched');
  clearTemporary(cache, 'shared');
  const card: WorkerCard = {
    ...{ name: name ?? `${hostname()}-${process.pid}`, host: hostname(), version: VERSION },
    ...(await measureSpeed(adapter)),
  };
  hooks.onReady(card);
  const train: TrainTrial = async (order, { control, emit }) => {
    hooks.onBegin(order);
    const record = await trainer.run(order, {
      control,
      emit: (event) => {
        emit(event);
        hooks.onEvent(order, event);
      },
    });
    hooks.onEnd(record);
    return record;
  };
  const settings = { card, once, say, adapter, folder: folder.path };
  const limits = { leaseMs: lease * 1000, syncMs: sync * 1000, limit: limit * 1e6 };
  const files = new WorkerFiles(store, { cache, data, say });
  await work(store, { ...settings, ...limits, files, train }, signal);
}
