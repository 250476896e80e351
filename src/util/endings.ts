import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import type { Stream } from 'node:stream';
import { isatty } from 'node:tty';
import { EXIT } from './errors.js';
import { systemReason } from './system_reason.js';

/**
 * What ends a program from outside. `sighup`: its terminal was closed; `pipe`: whatever read its output is gone (as in
 * `fer-tui ... | head`); `output`: what it prints cannot be written, for example to a full disk.
 */
export type Ending = 'sigint' | 'sigterm' | 'sighup' | 'pipe' | 'output';

/** The exit code of a program that was ended in the middle of its work, after it has saved. */
export const ENDING_EXIT: Readonly<Record<Ending, number>> = {
  sigint: EXIT.interrupted,
  sigterm: EXIT.terminated,
  sighup: EXIT.hangup,
  pipe: EXIT.hangup,
  output: EXIT.run,
};

const SIGNALS = { SIGINT: 'sigint', SIGTERM: 'sigterm', SIGHUP: 'sighup' } as const;

/** Errors of an output that nobody reads any more: a pipe, or a terminal. */
const GONE = ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

/**
 * A signal that comes again within this time is the same request: `timeout` and `npx` send one to the program and to its group,
 * and a shell passes on the SIGHUP that the terminal has sent already.
 */
const SAME_MS = 300;

let work: ((ending: Ending) => void) | undefined;
/** The first ending, and when it came. */
let first: { readonly ending: Ending; readonly at: number } | undefined;

/**
 * Makes signals and closed outputs end this program in order; called once, at its start. While `onEnding` has work to stop,
 * that is told, and a second SIGINT or SIGTERM ends the program at once. Without, any ends the program at once: by its exit
 * code, but quietly as if done where only the reader of the output has gone, because it has read all that it wanted.
 */
export function watchEndings(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  for (const [signal, ending] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (ending !== 'sighup' || !underNohup()) arrive(ending);
    });
  }
  onFailure(process.stdout, () => arrive('pipe'), unwritable);
  watchErrors();
  // At its exit, Node.js resets the terminals that it began with, and aborts (SIGABRT or SIGSEGV) where one is gone.
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

/**
 * Where only the reader of stderr has gone, a command that has nothing to save goes on: what it prints on stdout is whole. Where
 * stderr cannot be written, all go on: what they print there is for people, and nobody could be told.
 */
function watchErrors(): void {
  const shared = isSameFile(1, 2);
  const gone = (): void => {
    if (shared || work !== undefined) arrive('pipe');
  };
  onFailure(process.stderr, gone, () => undefined);
}

/** Whether two descriptors are of one file, as after `2>&1`. */
function isSameFile(a: number, b: number): boolean {
  try {
    const [one, other] = [fstatSync(a), fstatSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false; // one of them is closed
  }
}

/** Takes the end of a stream, or an error because its other side is gone, for an ending. For a terminal as input, too. */
export function watchStream(stream: Stream): void {
  stream.on('end', () => arrive('pipe'));
  onFailure(stream, () => arrive('pipe'));
}

/** Calls `gone` at an error of a stream because its other side is gone, and `broken` at any other; default: it is thrown. */
function onFailure(stream: Stream, gone: () => void, broken?: (error: Error) => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.includes(error.code ?? '')) gone();
    else if (broken !== undefined) broken(error);
    else throw error;
  });
}

/** Ends a program whose stdout cannot be written, after it has saved. */
function unwritable(error: Error): void {
  if (first === undefined) process.stderr.write(`fer-tui: cannot write its output: ${systemReason(error)}\n`);
  arrive('output');
}

/** Calls `stop` with the first ending, from now until the function that this returns is called. For one work at a time. */
export function onEnding(stop: (ending: Ending) => void): () => void {
  work = stop;
  return () => {
    work = undefined;
  };
}

/**
 * For a child process: calls `end` when its parent has gone, or a signal asks it to end.
 * @param gone is called in place of `end` when the parent has gone
 */
export function onParentGone(end: () => void, gone = end): void {
  process.on('disconnect', gone);
  for (const signal of Object.keys(SIGNALS)) process.on(signal, end);
}

function arrive(ending: Ending): void {
  const now = performance.now();
  if (first === undefined) {
    first = { ending, at: now };
    if (work === undefined) end(ending);
    else work(ending);
    return;
  }
  const insists = ending === 'sigint' || ending === 'sigterm';
  if (insists && now - first.at > SAME_MS) end(ending);
}

/**
 * Ends a program at once. One that a signal ends dies of that signal, for which shells tell the exit code: the threads of a GPU
 * driver that compile a kernel meanwhile would crash in an ordinary exit (SIGSEGV).
 */
function end(ending: Ending): never {
  const code = ending === 'pipe' ? undefined : ENDING_EXIT[ending];
  const [signal] = Object.entries(SIGNALS).find(([, name]) => name === ending) ?? [];
  if (signal !== undefined && process.platform !== 'win32') {
    process.emit('exit', ENDING_EXIT[ending]);
    process.removeAllListeners('exit').removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(code); // also of the first process of a container, which no such signal ends
}

/**
 * Whether `nohup` runs the program: Node.js forgets that SIGHUP is to be ignored, but GNU's nohup also replaces a terminal as
 * stdin by a /dev/null that cannot be read.
 */
function underNohup(): boolean {
  try {
    if (fstatSync(0).rdev !== statSync('/dev/null').rdev) return false;
    readSync(0, Buffer.alloc(1));
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EBADF';
  }
}
