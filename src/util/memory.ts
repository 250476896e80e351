import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives back now what nobody holds any more. V8 collects when its own heap grows, and a large ArrayBuffer is not on it:
 * without this a data set of 75 MB that has gone to the device stays for as long as little else is allocated.
 */
export async function collectGarbage(): Promise<void> {
  await wait(0); // what the running functions still have on their stacks is not garbage
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
