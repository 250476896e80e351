/**
 * The one family of errors that a person is meant to read. Each says what failed, where, what was expected
 * and what to do; each carries the process exit code that `fer-tui` ends with.
 */
export class FerError extends Error {
  /** @param exitCode see EXIT. */
  constructor(
    message: string,
    readonly exitCode: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
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
  /** SIGINT, after saving. */
  interrupted: 130,
  /** SIGTERM, after saving. */
  terminated: 143,
} as const;

/** What each exit code means, for people. */
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
  interrupted: 'interrupted, after saving',
  terminated: 'terminated, after saving',
};

/** All exit codes in one sentence, for `--help` and README.md. */
export function exitCodes(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `Exit codes: ${names.map((name) => `${EXIT[name]} ${MEANINGS[name]}`).join('; ')}.`;
}

/** Bad, missing or truncated data: names the file and the row or image. */
export class DataError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.data, options);
  }
}

/** A run folder or a weight file that is missing, damaged or does not fit. */
export class RunError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.run, options);
  }
}

/** No binding, no camera, or a source of frames that cannot be opened or breaks off. */
export class CameraError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.camera, options);
  }
}

/** Options that make no sense together or are out of range. */
export class UsageError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.usage, options);
  }
}
