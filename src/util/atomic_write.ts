import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { cacheFolder } from './cache_folder.js';
import { RunError } from './errors.js';
import { canSyncFolders } from './platform.js';
import { systemReason } from './system_reason.js';
import { isTemporary, temporaryName } from './temporary.js';

/**
 * Writes a file completely or not at all: into a temporary file in the same folder, which is flushed to the disk and renamed.
 * After a crash or with a full disk, the old file is unchanged. Throws RunError that says what to do.
 */
export function atomicWrite(path: string, ...parts: readonly (string | Uint8Array)[]): void {
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of parts) {
        const bytes = typeof part === 'string' ? Buffer.from(part) : part;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary);
    throw writeError(path, cause);
  }
}

/** Flushes the folder, so that the rename reaches the disk. */
function syncFolder(folder: string): void {
  if (!canSyncFolders()) return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Creates a folder and its parents. (Node's own `recursive` never returns where nothing can be created, such as /proc.)
 * Throws Node's error for the first one that cannot be created.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(resolve(path)));
  mkdirSync(path);
}

/** Creates a folder as `makeFolder` does. Throws WriteError where it cannot, or where nothing can be written in the folder. */
export function needFolder(path: string): void {
  try {
    makeFolder(path);
    accessSync(`${path}/.`, constants.W_OK); // the dot asks for a folder: a file has no such entry
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/**
 * Finds out before long work that `atomicWrite` could not write a file at its end: its folder is missing or not to be written in,
 * or the file is a folder itself. Throws the WriteError that it would throw.
 */
export function needPlace(path: string): void {
  try {
    accessSync(`${dirname(path)}/.`, constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) openSync(path, 'w'); // fails, and says why
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** A file or folder that cannot be written. The message says what to do. */
export class WriteError extends RunError {
  /**
   * @param failure what cannot be written, and why
   * @param full whether the disk is
   * @param advice what to do, other than to free some space
   */
  constructor(
    private readonly failure: string,
    private readonly full: boolean,
    cause: unknown,
    advice: string,
  ) {
    super(`${failure}; ${full ? 'free some space or ' : ''}${advice}`, { cause });
  }

  /** The same error for somebody whose run or study has begun: that goes on in its own folder, or in a copy of it. */
  inside(begun: string): WriteError {
    const gone = !existsSync(begun);
    const advice = `${gone ? `put ${begun} back` : `move ${begun} to where it can be written`}, then go on with --resume`;
    return new WriteError(this.failure, this.full, this.cause, advice);
  }
}

/** Converts a failed write to an error that says what to do. */
export function writeError(path: string, cause: unknown): WriteError {
  const { code, syscall } = (cause instanceof Error ? cause : {}) as NodeJS.ErrnoException;
  const missing = `there is no such folder${syscall === 'mkdir' ? ', and it cannot be made' : ''}`;
  const why = code === 'ENOENT' ? missing : systemReason(cause);
  const advice = resolve(path).startsWith(resolve(cacheFolder()))
    ? 'name a folder for the cache in XDG_CACHE_HOME'
    : 'choose another folder';
  return new WriteError(
    `cannot write ${path}: ${within(path, cause)}${why}`,
    code === 'ENOSPC',
    cause,
    advice,
  );
}

/** Which file in a folder that is to be written an error is about, if it says so. */
function within(path: string, cause: unknown): string {
  const place = cause instanceof Error && 'path' in cause ? String(cause.path) : path;
  return resolve(place).startsWith(`${resolve(path)}${sep}`) && !isTemporary(basename(place))
    ? `${place}: `
    : '';
}
