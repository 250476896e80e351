/**
 * Waits for WebGPU promises without burning a core.
 *
 * Dawn's Node binding polls with `setImmediate` for as long as any of its promises is pending, which keeps one
 * core at 100 % (dawn-gpu/node-webgpu issue 17). It looks the global up at every call, so while we wait the
 * global is a version that sleeps about a millisecond instead. Everything that awaits Dawn goes through here;
 * outside of a wait the global is untouched, so other users of `setImmediate` keep its speed.
 */
const original = globalThis.setImmediate;
let waiting = 0;

const sleepy = ((callback: (...args: unknown[]) => void, ...args: unknown[]) =>
  setTimeout(callback, 0, ...args)) as unknown as typeof setImmediate;

/** Runs `start`, which begins asynchronous GPU work, and resolves with its result. */
export async function gpuWait<T>(start: () => Promise<T>): Promise<T> {
  if (waiting++ === 0) globalThis.setImmediate = sleepy;
  try {
    return await start();
  } finally {
    if (--waiting === 0) globalThis.setImmediate = original;
  }
}
