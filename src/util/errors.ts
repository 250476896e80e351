import { printable } from './printable.js';

/** Characters of a message at most: more comes from files, which quote themselves at length, and is not read. */
const LONGEST = 4000;

const shortened = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)} ... ${text.slice(-LONGEST / 4)}`;

/**
 * The base class of errors that users are meant to read. The message says what failed, where, what was expected and what to
 * do. Each error carries the exit code of the process.
 */
export class FerError extends Error {
  /**
   * @param message may quote names and contents of files as they are: what could steer the terminal is escaped here
   * @param exitCode one of EXIT
   */
  constructor(
    message: string,
    readonly exitCode: number,
    options?: ErrorOptions,
  ) {
    super(shortened(printable(message)), options);
    this.name = new.target.name;
  }
}

/** Process exit codes of every `fer-tui` command. */
export const EXIT = {
  /** Success. */
  done: 0,
  /** A bug, or a check that failed. */
  bug: 1,
  /** Wrong arguments. */
  usage: 2,
  /** No usable GPU. */
  noGpu: 3,
  /** Data missing or bad. */
  data: 4,
  /** Run or weights missing, damaged or incompatible. */
  run: 5,
  /** Training diverged. */
  diverged: 6,
  /** Camera or video not readable. */
  camera: 7,
  /** GPU lost or out of memory. */
  device: 8,
  /** No face where `--require-face` wants one. */
  noFace: 9,
  /** The queue of a study cannot be reached. */
  queue: 10,
  /** SIGHUP, or nobody reads the output any more; after saving. */
  hangup: 129,
  /** SIGINT, after saving. */
  interrupted: 130,
  /** SIGTERM, after saving. */
  terminated: 143,
} as const;

/** The meaning of each exit code. */
const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  bug: 'bug or failed check',
  usage: 'wrong usage',
  noGpu: 'no usable GPU',
  data: 'data missing or bad',
  run: 'run or weights missing, damaged or incompatible',
  diverged: 'training diverged',
  camera: 'camera or video not readable',
  device: 'GPU lost or out of memory',
  noFace: 'no face found (detect --require-face)',
  queue: 'queue of a study not reachable',
  hangup: 'terminal or reader of the output gone, after saving',
  interrupted: 'interrupted, after saving',
  terminated: 'terminated, after saving',
};

/** All exit codes in one sentence, for `--help` and README.md. */
export function exitCodes(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `Exit codes: ${names.map((name) => `${EXIT[name]} ${MEANINGS[name]}`).join('; ')}.`;
}

/** Bad, missing or truncated data. The message names the file and the row or image. */
export class DataError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.data, options);
  }
}

/** A run folder or model file that is missing or damaged, or does not fit. */
export class RunError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.run, options);
  }
}

/** The OpenCV binding or the camera is missing, or a video source cannot be opened or stops. */
export class CameraError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.camera, options);
  }
}

/** The server of a study's queue cannot be used, or what lies there is not whole. The message has no password. */
export class QueueError extends FerError {
  constructor(message: string) {
    super(message, EXIT.queue);
  }
}

/** Options that are out of range or contradict each other. */
export class UsageError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.usage, options);
  }
}

/** Whether an error comes from the operating system, for example because a file is missing or may not be read. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
