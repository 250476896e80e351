import { EXIT, FerError } from '../util/errors.js';
import type { GlobalArgs } from './declarations/globals.js';

/**
 * Runs a command and sets the exit code of the process. A FerError is printed as one line. Any other error is a bug and is
 * printed with its stack. With --json, errors are also printed on stdout as events.
 */
export async function guarded<A extends GlobalArgs>(
  args: A,
  body: (args: A) => Promise<number>,
): Promise<void> {
  try {
    process.exitCode = await body(args);
  } catch (error) {
    const exit = error instanceof FerError ? error.exitCode : EXIT.bug;
    const text =
      error instanceof Error ? (error instanceof FerError ? error.message : error.stack) : String(error);
    process.stderr.write(`fer-tui: ${text}\n`);
    if (args.json && !wasReported(error)) {
      writeJson({ type: 'error', message: error instanceof Error ? error.message : String(error), exit });
      writeJson({ type: 'end', status: 'failed', exit });
    }
    process.exitCode = exit;
  }
}

/** Errors that have already been printed as events. */
const reported = new WeakSet<object>();

function wasReported(error: unknown): boolean {
  return typeof error === 'object' && error !== null && reported.has(error);
}

/** Records that an error has already been printed as an event. */
export function markReported(error: unknown): void {
  if (typeof error === 'object' && error !== null) reported.add(error);
}

/** Prints a value as one line of JSON on stdout, in which all control characters are escaped: JSON itself leaves some. */
export function writeJson(value: unknown): void {
  const text = JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
  process.stdout.write(`${text}\n`);
}
