import { type DataError, EXIT, FerError, isSystemError, RunError } from './errors.js';
import { readText } from './read_whole.js';
import { systemReason } from './system_reason.js';

/** What reads files that anybody may have written: damaged ones, and ones made to do harm. */

/**
 * The error to throw for what a reader of a file threw. Errors for people, and those of the system, stay as they are, but that they
 * name the file. Any other comes from content that the reader did not foresee, and becomes one that names the file.
 * @param path names the file
 */
export function foreignError(
  cause: unknown,
  path: string,
  Kind: typeof RunError | typeof DataError = RunError,
): unknown {
  const ofNetwork = Kind === RunError && cause instanceof FerError && cause.exitCode === EXIT.usage;
  if (ofNetwork && !cause.message.includes(path)) return new Kind(`${path}: ${cause.message}`, { cause }); // what builds networks knows of no file
  if (cause instanceof FerError || isSystemError(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Kind(
    `${path}: damaged, or not as any program writes it (${why}); take another copy of the file`,
    {
      cause,
    },
  );
}

/** Lists and objects in one another. The architectures of Keras have about ten. */
const DEEPEST = 100;
/** Why a value that has more is not accepted. */
export const TOO_DEEP = `more than ${DEEPEST} lists and objects in one another`;
/** What no file of ours or Keras's has, and what would change the objects that hold it. */
const REFUSED = '__proto__';

/**
 * Parses JSON in a file that anybody may have written, with a byte order mark in front or without.
 * @param what names file and place; begins the message
 * Throws RunError for what is no JSON, is nested too deeply for what reads it, or has numbers that are infinite, such as 1e400.
 */
export function foreignJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new RunError(`${what} is not JSON`, { cause });
  }
  const why = objectionTo(value, 0);
  if (why !== undefined) throw new RunError(`${what} is not as any program writes it (${why})`);
  return value;
}

/**
 * Reads a JSON file that holds names and values.
 * @param expected what it should hold, for messages
 * Throws RunError for one that cannot be read, or holds something else.
 */
export function readForeignJson(path: string, expected: string): Record<string, unknown> {
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    throw new RunError(`${path}: cannot be read (${systemReason(cause)}); expected ${expected}`, { cause });
  }
  const value = foreignJson(text, `${path}: damaged: expected ${expected}, but it`);
  if (isMapping(value)) return value;
  throw new RunError(`${path}: damaged: expected ${expected}`);
}

/** Whether something read from a file is a mapping of names to values. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a value is not accepted; undefined: it is. */
export function objectionTo(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return `a number that is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === DEEPEST) return TOO_DEEP;
  if (Object.hasOwn(value, REFUSED)) return `a name ${REFUSED}`;
  for (const inner of Object.values(value)) {
    const why = objectionTo(inner, depth + 1);
    if (why !== undefined) return why;
  }
  return undefined;
}
