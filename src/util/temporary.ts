import { createHash } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './names_in.js';
import { isAlive, placeOf, processOf, thisProcess } from './processes.js';

/** Milliseconds for which no process writes one temporary file. */
const HOUR = 3_600_000;

/** The end of a temporary file's name: process id and, but for early versions, hashes of its start and its place. */
const ENDING = /\.(\d+)(?:-([\da-f]{8})-([\da-f]{8}))?\.tmp$/;
/** A file under which `Hold` replaces that of a process which is gone. */
const CLAIM = /\.[\da-f]{12}\.new$/;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** The name under which this process writes a file that gets its own name when it is complete. */
export function temporaryName(path: string): string {
  const own = thisProcess();
  return `${path}.${own.pid}-${hash(String(own.started))}-${hash(placeOf(own))}.tmp`;
}

/** Whether a file has the name of a temporary one. */
export const isTemporary = (name: string): boolean => ENDING.test(name) || CLAIM.test(name);

/**
 * Removes what processes that are gone have left of the files that they were writing. What cannot be removed stays.
 * @param whose `ours`: only the holder of a lock, which this process has, writes there, from whatever machine;
 *   `shared`: others do, too, and those of other machines count as gone after an hour
 */
export function clearTemporary(folder: string, whose: 'ours' | 'shared'): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const state = stateOfName(name);
    if (state === 'gone' || (state === 'unknown' && (whose === 'ours' || isOld(path)))) {
      try {
        rmSync(path, { force: true });
      } catch {
        // Of another user, or on a read-only file system.
      }
    }
  }
}

/** What has become of the process that writes a file of this name; `none`: the name is none of a temporary file. */
function stateOfName(name: string): 'none' | 'running' | 'gone' | 'unknown' {
  if (CLAIM.test(name)) return 'unknown';
  const [match, id, start, place] = ENDING.exec(name) ?? [];
  if (match === undefined) return 'none';
  const pid = Number(id);
  if (place !== undefined && place !== hash(placeOf(thisProcess()))) return 'unknown';
  if (!isAlive(pid)) return 'gone';
  if (start === undefined) return 'unknown';
  return start === hash(String(processOf(pid).started)) ? 'running' : 'gone';
}

function isOld(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > HOUR;
}
