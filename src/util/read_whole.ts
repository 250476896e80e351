import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';

/**
 * Throws an error like those of the system for what is no file. Opening a pipe waits for its writer, and reading `/dev/zero` never
 * ends; no signal is heard meanwhile. For what is missing, it throws Node's error.
 */
export function requireFile(path: string): void {
  const found = statSync(path);
  if (found.isFile()) return;
  const [code, what] = found.isDirectory()
    ? ['EISDIR', 'EISDIR: it is a folder']
    : ['ENOTFILE', 'it is a pipe or a device, which is not supported'];
  throw Object.assign(new Error(what), { code, syscall: 'read', path });
}

/** The content of a file that somebody names, or that others may have put there. Throws Node's errors, and for pipes and devices. */
export function readWhole(path: string): Buffer {
  requireFile(path);
  return readFileSync(path);
}

/** The content of such a file as text. */
export const readText = (path: string): string => readWhole(path).toString('utf8');

/** Bytes that are read from a pipe at most, and for how long. */
const [MOST_BYTES, PATIENCE_MS] = [1e6, 10_000];
/** Time between two looks at a pipe that has nothing yet. */
const LOOK_MS = 10;

/**
 * The content of a small text that somebody names: of a file, or of a pipe, as `<(...)` makes one in a shell. Throws as
 * `readText` does, and for a pipe that nobody writes to, that says more than a megabyte, or that does not end in ten seconds.
 */
export function readSmallText(path: string): string {
  if (!statSync(path).isFIFO()) return readText(path);
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // without a writer, opening does not wait either
  try {
    return drained(pipe, path);
  } finally {
    closeSync(pipe);
  }
}

function drained(pipe: number, path: string): string {
  const refused = (why: string): Error =>
    Object.assign(new Error(`it is a pipe ${why}`), { code: 'ENOTFILE', syscall: 'read', path });
  const bytes = Buffer.alloc(MOST_BYTES + 1);
  const begin = performance.now();
  let length = 0;
  for (;;) {
    const read = readNow(pipe, bytes, length);
    if (read === 0) break;
    length += read ?? 0;
    if (length > MOST_BYTES) throw refused('with more than a megabyte');
    if (performance.now() - begin > PATIENCE_MS) throw refused('that has not ended after ten seconds');
    if (read === undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
  if (length === 0) throw refused('out of which nothing comes');
  return bytes.toString('utf8', 0, length);
}

/** Reads what a pipe has. @returns how much: 0 at its end, undefined where it has nothing yet */
function readNow(pipe: number, bytes: Buffer, at: number): number | undefined {
  try {
    return readSync(pipe, bytes, at, bytes.length - at, null);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw cause;
  }
}
