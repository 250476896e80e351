import { openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../util/atomic_write.js';
import { isAlive } from '../util/processes.js';

/** Days for which a log is kept after its last line. */
const DAYS = 7;

/** Path of the log of the engine that process `pid` starts. */
export function logPath(folder: string, pid: number): string {
  return join(folder, `engine-${pid}.log`);
}

/** An open log, or the fact that there is none. */
export interface OpenLog {
  /** Its path, or why there is none, for messages. */
  readonly path: string;
  /** The destination of the output. */
  readonly output: number | 'ignore';
}

/**
 * Opens the log of the engine that process `pid` starts, in the first folder that can be written. If none can, there is no
 * log.
 */
export function openLog(folders: readonly string[], pid: number): OpenLog {
  for (const folder of folders) {
    const path = logPath(folder, pid);
    try {
      makeFolder(folder);
      const output = openSync(path, 'a');
      removeOldLogs(folder);
      return { path, output };
    } catch {
      // Try the next folder.
    }
  }
  return { path: `none, because ${folders.join(' and ')} cannot be written`, output: 'ignore' };
}

/** Removes the logs of ended processes a week after their last line. Logs that cannot be removed stay. */
export function removeOldLogs(folder: string, now = Date.now()): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^engine-(\d+)\.log$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const path = join(folder, name);
    try {
      if (now - statSync(path).mtimeMs > DAYS * 86_400_000) rmSync(path);
    } catch {
      // The log is another user's, or another fer-tui has just removed it. Neither is a problem.
    }
  }
}
