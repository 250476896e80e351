import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeError } from './atomic_write.js';
import { isSystemError, RunError } from './errors.js';
import { HeldError, holderText, LEASE_MS, type Taken, take } from './hold.js';

/** Nobody holds a lock for so long: one whose process has died, on another machine too, has been free for a while by then. */
const PATIENCE_MS = 1.5 * LEASE_MS;

/**
 * Runs `body` while no other process (or other call in this one) runs under the same lock. For short work: the others wait.
 * A lock whose process was killed is taken over.
 * @param file the lock; the folder that it lies in must exist, so that a lock which waits does not bring back a folder that its
 *   holder has removed
 * @param body gets the time of the file system, in milliseconds, to compare modification times with
 * Throws RunError when the lock is not free for a while, or cannot be made.
 */
export async function underLock<T>(file: string, body: (time: number) => T): Promise<T> {
  const turn = await takeTurn(file);
  try {
    return body(statSync(file).mtimeMs);
  } finally {
    turn.release();
  }
}

async function takeTurn(file: string): Promise<Taken> {
  const begin = performance.now();
  for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
    try {
      return take(file);
    } catch (cause) {
      if (!(cause instanceof HeldError)) throw failure(file, cause);
      if (performance.now() - begin > PATIENCE_MS) {
        throw new RunError(
          `${file}: ${holderText(cause.holder)} does not release this lock; wait for it, or end it`,
        );
      }
    }
    await wait(pause * (0.5 + Math.random()));
  }
}

function failure(file: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  const parent = dirname(file);
  return existsSync(parent)
    ? writeError(file, cause)
    : new RunError(`${parent}: there is no such folder any more`, { cause });
}
