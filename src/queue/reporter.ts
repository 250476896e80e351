import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { TrialRecord } from '../study/trial.js';
import type { TrainEvent } from '../train/events.js';
import { removeOutdated, type Shipment, sendFolder } from './parcels.js';
import { sendLog } from './run_log.js';
import type { Lease, Parcel, TaskProgress, TaskResult } from './task.js';

/** Milliseconds between two checks for a new checkpoint. */
const POLL_MS = 500;

/** The settings of a reporter. */
export interface ReporterOptions {
  /** Name of the worker. */
  readonly worker: string;
  readonly lease: Lease;
  readonly shipment: Shipment;
  /** The run folder. */
  readonly run: string;
  /** Converts the content of text files of the run folder. */
  readonly translate: (text: string) => string;
  /** Least time between two copies of the run folder, in milliseconds. */
  readonly syncMs: number;
}

/**
 * Reports the progress of a worker to the store: every epoch at once, and the run folder from time to time if it has a new
 * checkpoint. The first copy, sent at once, holds the choice of kernels: a retry on an equal machine then gives the same bits.
 */
export class Reporter {
  readonly #failed = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #last: TaskProgress;
  #copied = { at: Number.NEGATIVE_INFINITY, checkpoint: -1 };
  /** Reports are sent one after another, so that an older one never replaces a newer one. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ReporterOptions) {
    this.#last = { epochs: 0, ...options.lease.earlier, worker: options.worker };
    this.#timer = setInterval(() => this.#look(), POLL_MS);
  }

  /** Aborted when a report has failed, because further training would be lost. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Call this with each event of the run. */
  hear(event: TrainEvent): void {
    if (event.type !== 'epoch') return;
    this.#enqueue(async () => {
      const { shipment, run, translate } = this.options;
      await sendLog(shipment.depot, shipment.shelf, run, translate);
      await this.#report({ ...this.#last, epochs: event.epoch });
    });
  }

  /**
   * Reports the end of the work. If the trial was interrupted, the next worker resumes from the run folder. Throws what a report
   * has thrown.
   */
  async finish(record: TrialRecord): Promise<TaskResult> {
    this.stop();
    await this.#queue;
    this.failed.throwIfAborted();
    const folder = await this.#send();
    const { worker } = this.options;
    if (record.state === 'running') await this.#report({ worker, epochs: record.epochs, folder });
    return { worker, record, folder };
  }

  /** Stops checking for new checkpoints. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #enqueue(job: () => Promise<void>): void {
    this.#queue = this.#queue.then(job).catch((error: unknown) => this.#failed.abort(error));
  }

  async #report(progress: TaskProgress): Promise<void> {
    await this.options.lease.report(progress);
    this.#last = progress;
  }

  /** Copies the run folder if enough time has passed and it has a new checkpoint. */
  #look(): void {
    const { run, syncMs } = this.options;
    const modified = (name: string): number | undefined =>
      statSync(join(run, name), { throwIfNoEntry: false })?.mtimeMs;
    if (modified('config.json') === undefined) return;
    const [checkpoint = 0, now] = [modified('checkpoint.safetensors'), performance.now()];
    if (checkpoint === this.#copied.checkpoint || now - this.#copied.at < syncMs) return;
    this.#copied = { at: now, checkpoint };
    this.#enqueue(async () => {
      const before = this.#last.folder;
      const folder = await this.#send();
      await this.#report({ ...this.#last, folder });
      if (before !== undefined) await removeOutdated(this.options.shipment, before, folder);
    });
  }

  #send(): Promise<Parcel> {
    const { shipment, run, translate } = this.options;
    return sendFolder(shipment, run, translate, this.#last.folder);
  }
}
