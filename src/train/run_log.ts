import { WriteError } from '../util/atomic_write.js';
import { EXIT, FerError } from '../util/errors.js';
import { StoppedError } from './control.js';
import type { TrainEvent } from './events.js';
import type { RunFolder } from './run_folder.js';

/** Passes the events of a run on to its caller, and logs them in its folder once that exists. */
export class RunLog {
  #held: RunFolder | undefined;
  #log: RunFolder | undefined;

  constructor(private readonly hear: (event: TrainEvent) => void) {}

  /** Keeps this folder locked until `close`. */
  keepLocked(folder: RunFolder): RunFolder {
    this.#held = folder;
    return folder;
  }

  /** Logs all further events in this folder, and keeps it locked until `close`. */
  writeTo(folder: RunFolder): void {
    this.#log = this.keepLocked(folder);
  }

  emit = (event: TrainEvent): void => {
    this.#log?.log(event);
    this.hear(event);
  };

  /** The error to report: where a file of a run that has begun could not be written, the error also says how to resume it. */
  reportable(error: unknown): unknown {
    return error instanceof WriteError && this.#log !== undefined ? error.inside(this.#log.path) : error;
  }

  /** Reports an error and the end of the run. */
  fail(error: unknown): void {
    for (const event of lastEvents(error)) {
      try {
        this.emit(event);
      } catch {
        this.hear(event); // writing the log may be what failed, for example because the disk is full
      }
    }
  }

  /** Unlocks the run's folder. */
  close(): void {
    this.#held?.close();
  }
}

/** The last events of a run that failed. */
function lastEvents(error: unknown): readonly TrainEvent[] {
  const exit = error instanceof FerError ? error.exitCode : EXIT.bug;
  if (error instanceof StoppedError) return [{ type: 'end', status: 'stopped', exit }];
  const message = error instanceof Error ? error.message : String(error);
  return [
    { type: 'error', message, exit },
    { type: 'end', status: 'failed', exit },
  ];
}

/** Runs `body` with a log. If it throws, reports the error, and throws it again. @param hear called with every event */
export async function reported<T>(
  hear: (event: TrainEvent) => void,
  body: (log: RunLog) => Promise<T>,
): Promise<T> {
  const log = new RunLog(hear);
  try {
    return await body(log);
  } catch (cause) {
    const error = log.reportable(cause);
    log.fail(error);
    throw error;
  } finally {
    log.close();
  }
}
