import type { TrialOrder } from '../study/run_trial.js';
import type { TrialRecord } from '../study/trial.js';

/**
 * What the coordinator of a study and its workers tell each other, and the narrow interface of the store between them. Both
 * ends are written against this interface: a Redis server keeps it in earnest (`redis_store.ts`), a map in tests.
 */

/** A file in the depot. */
export interface StoredFile {
  /** In its folder; may contain `/`. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A set of files that a sender has left in the depot. */
export interface Parcel {
  /** Chosen by the sender, so that two senders do not remove each other's chunks. */
  readonly sender: string;
  readonly files: readonly StoredFile[];
}

/** A file outside of the run folder that a training reads. */
export interface NeededFile {
  /** The path in the settings, on the coordinator's machine. */
  readonly path: string;
  /** `data`: a data set, known by the hash of its images and labels; `file`: known by the hash of its bytes. */
  readonly kind: 'data' | 'file';
  readonly sha256: string;
  readonly bytes: number;
  /** How data is read: without the rows that cannot be. */
  readonly skipBad: boolean;
  /** How its classes are named, see `--classes`. The coordinator sends data with names. */
  readonly classes?: string | undefined;
  /** Whether the coordinator sends it to a worker that does not have it: it is not above the limit. */
  readonly offered: boolean;
}

/** One step of a trial, for any worker. */
export interface Task {
  /** STUDY.TRIAL.EPOCHS: the same for the same step, so that nothing is ever queued twice. */
  readonly id: string;
  /** The study; its coordinator sends the files that a worker lacks. */
  readonly study: string;
  /** The version of fer-tui that wrote it. */
  readonly version: string;
  readonly order: TrialOrder;
  readonly needs: readonly NeededFile[];
  /** The run folder to go on from; without files: the trial begins. */
  readonly folder: Parcel;
}

/** How far a worker is with a task. The store keeps the latest. The log of the run is in the depot. */
export interface TaskProgress {
  /** Name of the worker. */
  readonly worker: string;
  /** Complete epochs. */
  readonly epochs: number;
  /** The run folder as it was sent last. A retry goes on from it. */
  readonly folder?: Parcel;
}

/** What has become of a task. */
export interface TaskResult {
  readonly worker: string;
  /** The trial after the step. JSON writes NaN as null. */
  readonly record: TrialRecord;
  readonly folder: Parcel;
}

/** What the store knows of a task. `lost`: more workers than the store allows have died with it. */
export interface TaskView {
  readonly state: 'waiting' | 'active' | 'done' | 'lost';
  readonly progress?: TaskProgress;
  /** Of a task that is done. */
  readonly result?: TaskResult;
}

/** What a worker says of itself. */
export interface WorkerCard {
  readonly name: string;
  readonly host: string;
  readonly version: string;
  /** What computes. */
  readonly adapter: string;
  /** Measured multiply-adds of the adapter, in GFLOP/s. */
  readonly gflops: number;
  /** The task that it works on. */
  readonly task?: string;
}

/** Small binary values. A shelf is removed as a whole, and by itself after a month. */
export interface Depot {
  put(shelf: string, label: string, bytes: Uint8Array): Promise<void>;
  get(shelf: string, label: string): Promise<Uint8Array | undefined>;
  remove(shelf: string, labels: readonly string[]): Promise<void>;
  clear(shelf: string): Promise<void>;
}

/** The store as the coordinator sees it. All calls wait while the server is away, and go on when it is back. */
export interface CoordinatorStore {
  readonly depot: Depot;
  /** Queues a task. A task with a known id is left as it is. */
  submit(task: Task): Promise<void>;
  /** Undefined for a task that is not there. */
  look(id: string): Promise<TaskView | undefined>;
  /** Removes a task and its shelf, unless a worker holds it. @returns whether it is gone */
  forget(id: string): Promise<boolean>;
  /** Calls `listener` with the id of a task whenever something has changed. News may be lost: look from time to time. */
  onNews(listener: (id: string) => void): void;
  /** All workers that have given a sign of life lately. */
  workers(): Promise<WorkerCard[]>;
  /** Hashes of files that workers have asked a study for; they are removed from the list. */
  takeFileRequests(study: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A task in the hands of a worker. */
export interface Lease {
  readonly task: Task;
  /** What the store knows of an earlier try. */
  readonly earlier: TaskProgress | undefined;
  /** Unique to this try. */
  readonly sender: string;
  /** Aborted when the store has given the task to another worker. */
  readonly signal: AbortSignal;
  report(progress: TaskProgress): Promise<void>;
}

/** The store as a worker sees it. */
export interface WorkerStore {
  readonly depot: Depot;
  /** Shows a card for as long as a lease. */
  announce(card: WorkerCard): Promise<void>;
  /** Removes the card. */
  leave(name: string): Promise<void>;
  /** Asks the coordinator of a study for a file. */
  requestFile(study: string, sha256: string): Promise<void>;
  /**
   * Takes tasks one after another, until `signal` is aborted or `handle` throws.
   * @param handle works on a task; undefined: gives it back, so that another worker goes on with what was last reported
   * Throws what `handle` throws, after the task was given back.
   */
  serve(handle: (lease: Lease) => Promise<TaskResult | undefined>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
