import type { TrialOrder } from '../study/run_trial.js';
import type { TrialRecord } from '../study/trial.js';

/**
 * The messages between the coordinator of a study and its workers, and the interface of the store between them. It is implemented
 * by a Redis server (`redis_store.ts`), and by a map in tests.
 */

/** A file in the depot. */
export interface StoredFile {
  /** Path relative to its folder, with `/`. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A set of files that a sender has put into the depot. */
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
  /** Whether unreadable rows of data are skipped. */
  readonly skipBad: boolean;
  /** Names of the classes of data, as for `--classes`. Data that the coordinator sends already has them. */
  readonly classes?: string | undefined;
  /** Whether the coordinator sends it to a worker that does not have it: only if it is not above the limit. */
  readonly offered: boolean;
}

/** One step of a trial, for any worker. */
export interface Task {
  /** STUDY.TRIAL.EPOCHS: the same for the same step, so that no step is queued twice. */
  readonly id: string;
  /** The study; its coordinator sends the files that a worker lacks. */
  readonly study: string;
  /** The version of fer-tui that wrote it. */
  readonly version: string;
  readonly order: TrialOrder;
  readonly needs: readonly NeededFile[];
  /** The run folder to resume from; without files, the trial begins. */
  readonly folder: Parcel;
}

/** The progress of a worker with a task. The store keeps only the latest report. The log of the run is in the depot. */
export interface TaskProgress {
  /** Name of the worker. */
  readonly worker: string;
  /** Complete epochs. */
  readonly epochs: number;
  /** The run folder as it was last sent. A retry resumes from it. */
  readonly folder?: Parcel;
}

/** The result of a task. */
export interface TaskResult {
  readonly worker: string;
  /** The trial after the step. JSON writes NaN as null. */
  readonly record: TrialRecord;
  readonly folder: Parcel;
}

/** The state of a task in the store. `lost`: more workers than the store allows have died during it. */
export interface TaskView {
  readonly state: 'waiting' | 'active' | 'done' | 'lost';
  readonly progress?: TaskProgress;
  /** Only for the state `done`. */
  readonly result?: TaskResult;
}

/** A worker's description of itself. */
export interface WorkerCard {
  readonly name: string;
  readonly host: string;
  readonly version: string;
  /** Name of the GPU adapter. */
  readonly adapter: string;
  /** Measured multiply-adds of the adapter, in GFLOP/s. */
  readonly gflops: number;
  /** The task that it works on. */
  readonly task?: string;
}

/** Small binary values. A shelf is removed as a whole; it expires after a month. */
export interface Depot {
  put(shelf: string, label: string, bytes: Uint8Array): Promise<void>;
  get(shelf: string, label: string): Promise<Uint8Array | undefined>;
  remove(shelf: string, labels: readonly string[]): Promise<void>;
  clear(shelf: string): Promise<void>;
}

/** The coordinator's view of the store. While the server is unreachable, all calls wait. */
export interface CoordinatorStore {
  readonly depot: Depot;
  /** Queues a task. A task with a known id is left as it is. */
  submit(task: Task): Promise<void>;
  /** Undefined for an unknown task. */
  look(id: string): Promise<TaskView | undefined>;
  /** Removes a task and its shelf, unless a worker holds it. @returns whether it is gone */
  forget(id: string): Promise<boolean>;
  /** Calls `listener` with the id of a task whenever something has changed. Events may be lost, so callers also have to poll. */
  onNews(listener: (id: string) => void): void;
  /** All workers that have recently given a sign of life. */
  workers(): Promise<WorkerCard[]>;
  /** Hashes of files that workers have asked a study for; they are removed from the list. */
  takeFileRequests(study: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A task that a worker is working on. */
export interface Lease {
  readonly task: Task;
  /** The last progress of an earlier attempt. */
  readonly earlier: TaskProgress | undefined;
  /** Unique to this attempt. */
  readonly sender: string;
  /** Aborted when the store has given the task to another worker. */
  readonly signal: AbortSignal;
  report(progress: TaskProgress): Promise<void>;
}

/** A worker's view of the store. */
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
   * @param handle works on a task; if it returns undefined, the task is returned to the queue, and another worker continues from
   * the last report Throws what `handle` throws, after the task was returned.
   */
  serve(handle: (lease: Lease) => Promise<TaskResult | undefined>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
