import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../util/processes.js';

/** Days for which the log of an engine is kept after its last line. */
const DAYS = 7;

/** Where the engine that process `pid` begins writes what it prints. */
export function logPath(folder: string, pid: number): string {
  return join(folder, `engine-${pid}.log`);
}

/** Removes the logs of processes that are gone, a week after their last line. What cannot be removed stays. */
export function removeOldLogs(folder: string, now = Date.now()): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^engine-(\d+)\.log$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const path = join(folder, name);
    try {
      if (now - statSync(path).mtimeMs > DAYS * 86_400_000) rmSync(path);
    } catch {
      // Someone else's, or another fer-tui was quicker: no reason not to begin.
    }
  }
}
