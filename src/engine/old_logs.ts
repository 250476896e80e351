import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../util/processes.js';

/** Days for which a log is kept after its last line. */
const DAYS = 7;

/** Path of the log of the engine that process `pid` starts. */
export function logPath(folder: string, pid: number): string {
  return join(folder, `engine-${pid}.log`);
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
