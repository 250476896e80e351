import { vi } from 'vitest';

const sleep = <T>(ms: number, value?: T): Promise<T | undefined> =>
  new Promise((resolve) => setTimeout(resolve, ms, value));

// A file that wants fake timers to reach the sleeps of node:timers/promises replaces that by this file.
export { sleep as setTimeout };

/** Does work in a time of its own, which passes only while the work sleeps; how busy the machine is makes no difference. */
export async function inFakeTime<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers();
  try {
    let over = false;
    const result = work().finally(() => {
      over = true;
    });
    result.catch(() => undefined); // thrown below
    while (!over) await vi.advanceTimersByTimeAsync(1);
    return await result;
  } finally {
    vi.useRealTimers();
  }
}
