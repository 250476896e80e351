import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TrialOrder } from '../study/run_trial.js';
import type { TrialRecord } from '../study/trial.js';
import { Control } from '../train/control.js';
import type { TrainEvent } from '../train/events.js';
import { atomicWrite } from '../util/atomic_write.js';
import { QueueError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import type { WorkerFiles } from './files.js';
import { fetchFolder, SAFE_NAME, type Shipment } from './parcels.js';
import { PathMap } from './paths.js';
import { Reporter } from './reporter.js';
import type { Lease, Parcel, TaskResult, WorkerCard, WorkerStore } from './task.js';

/** Settings that are not valid on another machine: where to write, and the adapter. */
const LOCAL = ['out', 'save-steps', 'saveSteps', 'adapter'];

/** Trains one step of a trial. A stop of `control` leaves a checkpoint, and a record that is `running`. */
export type TrainTrial = (
  order: TrialOrder,
  hooks: { readonly control: Control; readonly emit: (event: TrainEvent) => void },
) => Promise<TrialRecord>;

/** The settings of a worker. */
export interface WorkerOptions {
  readonly card: Omit<WorkerCard, 'task'>;
  readonly train: TrainTrial;
  readonly files: WorkerFiles;
  /** Part of the name of the adapter to train on; undefined: the default adapter. */
  readonly adapter: string | undefined;
  /** Folder for the runs in progress. */
  readonly folder: string;
  /** Milliseconds without a sign of life after which a worker counts as gone. */
  readonly leaseMs: number;
  /** Least time between two copies of the checkpoint to the store, in milliseconds. */
  readonly syncMs: number;
  /** Bytes of the largest run folder that goes through the store. */
  readonly limit: number;
  /** End after one task. */
  readonly once: boolean;
  readonly say: (message: string) => void;
}

/**
 * Takes trials from the store and trains them, one after another, until `signal` is aborted. The trial in progress is then
 * returned with its checkpoint. Throws DataError, NoGpuError, RunError and QueueError: errors that prevent this machine from
 * training any trial. The trial is returned.
 */
export async function work(store: WorkerStore, options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { card, once, leaseMs } = options;
  const done = new AbortController();
  let task: string | undefined;
  const announce = (): Promise<void> => store.announce({ ...card, ...(task !== undefined && { task }) });
  const tell = (): void => void announce().catch(() => undefined); // the server is away
  const beat = setInterval(tell, leaseMs / 3);
  try {
    await announce();
    const handle = async (lease: Lease): Promise<TaskResult | undefined> => {
      task = lease.task.id;
      tell();
      try {
        return await workOn(lease, store, options, AbortSignal.any([signal, lease.signal]));
      } catch (error) {
        if (signal.aborted || lease.signal.aborted) return undefined;
        throw error;
      } finally {
        task = undefined;
        tell();
        if (once) done.abort();
      }
    };
    await store.serve(handle, AbortSignal.any([signal, done.signal]));
  } finally {
    clearInterval(beat);
    await store.leave(card.name);
  }
}

/** Works on one task. @returns its result; undefined when it was stopped before the end */
async function workOn(
  lease: Lease,
  { depot }: WorkerStore,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<TaskResult | undefined> {
  const { card, train, files, limit, syncMs, say } = options;
  const { id, study, version, order, needs, folder } = lease.task;
  if (version !== VERSION)
    throw new QueueError(
      `the study is of fer-tui ${version}, this worker of ${VERSION}; install one version`,
    );
  const name = basename(order.run);
  if (!SAFE_NAME.test(name))
    throw new QueueError(`the queue holds a run with a name that is not allowed: ${name}`);
  const run = join(options.folder, name);
  const pairs: [string, string][] = [[order.run, run]];
  for (const need of needs) pairs.push([need.path, await files.pathOf(need, study, signal)]);
  const paths = new PathMap(pairs);
  const shipment = { depot, shelf: id, sender: lease.sender, limit };
  await fetchLatest(shipment, [lease.earlier?.folder, folder], run, paths, say);
  setAdapter(run, options.adapter);

  const reporter = new Reporter({
    ...{ worker: card.name, lease, shipment, run, syncMs },
    translate: (text) => paths.reversed.json(text),
  });
  const control = new Control();
  const stop = (): void => control.stop('sigterm');
  AbortSignal.any([signal, reporter.failed]).addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const record = await train(localOrder(order, run, paths, options.adapter), {
      control,
      emit: (event) => reporter.hear(event),
    });
    const result = await reporter.finish(record);
    return record.state === 'running' ? undefined : result;
  } finally {
    reporter.stop();
    rmSync(run, { recursive: true, force: true });
  }
}

/** Fetches the most advanced run folder: that of an earlier attempt if it is complete, else the one that the trial began with. */
async function fetchLatest(
  shipment: Shipment,
  parcels: readonly (Parcel | undefined)[],
  run: string,
  paths: PathMap,
  say: (message: string) => void,
): Promise<void> {
  for (const parcel of parcels) {
    if (parcel === undefined) continue;
    rmSync(run, { recursive: true, force: true });
    try {
      return await fetchFolder(shipment, parcel, run, (text) => paths.json(text));
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      say(`${basename(run)}: ${error.message}`);
    }
  }
  rmSync(run, { recursive: true, force: true });
}

/** Sets the adapter of a run to that of this machine. */
function setAdapter(run: string, adapter: string | undefined): void {
  const path = join(run, 'config.json');
  if (!existsSync(path)) return;
  const config: unknown = JSON.parse(readFileSync(path, 'utf8'));
  // JSON leaves out what is undefined.
  atomicWrite(path, `${JSON.stringify({ ...(config as object), adapter }, null, 2)}\n`);
}

/** An order with the paths and the adapter of this machine. */
function localOrder(order: TrialOrder, run: string, paths: PathMap, adapter: string | undefined): TrialOrder {
  const settings = Object.fromEntries(
    Object.entries(paths.settings(order.settings)).filter(([name]) => !LOCAL.includes(name)),
  );
  const own = { ...settings, ...(adapter !== undefined && { adapter }) };
  return { ...order, settings: own, values: paths.settings(order.values), run };
}
