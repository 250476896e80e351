import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from './readers.mjs';

/** What every file is called, or its folder; messages must have it. */
const NAME = 'fuzzed';
/** Exit codes of wrong settings, of damaged data, of damaged models and runs. */
const REFUSALS = [2, 4, 5];

/**
 * Has a file read. A reader may accept it, if all in it is sound, or refuse it with an error for people that names it.
 * @param folder for the file
 * @returns whether it was accepted, else the message of the error, and the `finding`: what is wrong with how it was read, if anything
 */
export async function judge(kind, bytes, folder) {
  const { extension = '', read } = KINDS[kind];
  const path = join(folder, `${NAME}${extension}`);
  if (extension === '') mkdirSync(path, { recursive: true });
  else writeFileSync(path, bytes);
  try {
    return { accepted: true, finding: unsound(await read(path, bytes)) };
  } catch (error) {
    return { accepted: false, error: String(error?.message), finding: objectionTo(error) };
  }
}

/** What is wrong with an error, if anything. */
function objectionTo(error) {
  if (!REFUSALS.includes(error?.exitCode)) return `not an error for people: ${error?.stack ?? error}`;
  if (!error.message.includes(NAME)) return `does not name the file: ${error.stack}`;
  if (error.message.includes('damaged, or not as any program writes it'))
    return `unforeseen: ${error.message} ${error.cause?.stack ?? ''}`;
  return undefined;
}

/** The first number in a value that is none, if there is one. Numbers that may be missing are left out by the reader. */
function unsound(value, path = 'it') {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `accepted ${value} as ${path}`;
  if (value instanceof Float32Array) {
    const at = value.findIndex((number) => !Number.isFinite(number));
    return at < 0 ? undefined : `accepted ${value[at]} as ${path}[${at}]`;
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [key, inner] of value instanceof Map ? value : Object.entries(value)) {
    const why = unsound(inner, `${path}.${key}`);
    if (why !== undefined) return why;
  }
  return undefined;
}
