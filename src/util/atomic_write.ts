import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
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
    rmSync(temporary, { force: true });
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

/** Converts a failed write to an error that says what to do. */
export function writeError(path: string, cause: unknown): RunError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const why = code === 'ENOENT' ? 'there is no such folder, and it cannot be made' : systemReason(cause);
  const room = code === 'ENOSPC' ? 'free some space or ' : '';
  return new RunError(
    `cannot write ${path}: ${within(path, cause)}${why}; ${room}choose another folder with --out`,
    { cause },
  );
}

/** Which file in a folder that is to be written an error is about, if it says so. */
function within(path: string, cause: unknown): string {
  const place = cause instanceof Error && 'path' in cause ? String(cause.path) : path;
  return resolve(place).startsWith(`${resolve(path)}${sep}`) && !isTemporary(basename(place))
    ? `${place}: `
    : '';
}
