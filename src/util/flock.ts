import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { requireFile } from './read_whole.js';

/** What flock(1) answers where another process has the lock. */
const BUSY = 1;

/**
 * Locks an open file until this process ends, however it ends, as flock(2) does. Node.js has no call for it; the program
 * flock(1), which Linux distributions have, locks the file that it inherits for its parent too.
 * @returns whether it is locked; false also where there is no such program, or the file system has no locks
 */
export function lockFile(descriptor: number): boolean {
  return flock(descriptor, '-x') === 0;
}

/** Whether a process has locked a file with `lockFile`; undefined where that cannot be told. */
export function isFileLocked(path: string): boolean | undefined {
  let descriptor: number;
  try {
    requireFile(path);
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const status = flock(descriptor, '-s');
    return status === 0 || status === BUSY ? status === BUSY : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** The exit status of flock(1), called for an open file; null where it cannot run. */
function flock(descriptor: number, kind: '-x' | '-s'): number | null {
  if (process.platform !== 'linux') return null;
  const stdio = ['ignore', 'ignore', 'ignore', descriptor] as const;
  return spawnSync('flock', [kind, '-n', '3'], { stdio: [...stdio] }).status;
}
