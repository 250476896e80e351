import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects garbage now. V8 collects when its own heap grows, but a large ArrayBuffer is not part of it: without this call, a
 * data set of 75 MB that is already on the device would stay in memory until much else is allocated.
 */
export async function collectGarbage(): Promise<void> {
  await wait(0); // objects on the stack of running functions are not garbage yet
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
