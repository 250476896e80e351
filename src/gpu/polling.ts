/**
 * Waits for WebGPU promises without keeping a core busy.
 *
 * Dawn's Node binding polls with `setImmediate` while any of its promises is pending, which keeps one core at 100 %
 * (dawn-gpu/node-webgpu issue 17). It looks the global up at every call. So during a wait, the global is replaced by a
 * version that sleeps for about a millisecond. Everything that awaits Dawn goes through `gpuWait`. Outside of a wait the
 * global is the original, so other users of `setImmediate` keep its speed.
 */
const original = globalThis.setImmediate;
let waiting = 0;

const slowImmediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Timeout =>
  setTimeout(callback, 0, ...args);

/** Runs `start`, which starts asynchronous GPU work, and resolves with its result. */
export async function gpuWait<T>(start: () => Promise<T>): Promise<T> {
  if (waiting++ === 0) Object.assign(globalThis, { setImmediate: slowImmediate });
  try {
    return await start();
  } finally {
    if (--waiting === 0) globalThis.setImmediate = original;
  }
}
