import { EXIT, FerError } from '../util/errors.js';
import type { GlobalArgs } from './declarations/globals.js';

/**
 * Runs a command's body and ends the process with its exit code. A FerError is told in one line; anything else is
 * our bug and shows its stack. With --json errors are events on stdout too.
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

/** Errors that already went out as events. */
const reported = new WeakSet<object>();

function wasReported(error: unknown): boolean {
  return typeof error === 'object' && error !== null && reported.has(error);
}

/** Says that an error is already in the event stream. */
export function markReported(error: unknown): void {
  if (typeof error === 'object' && error !== null) reported.add(error);
}

export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
