/**
 * Waits for WebGPU promises without keeping a core busy.
 *
 * Dawn's Node binding polls with `setImmediate` while any of its promises is pending, which keeps one core at 100 %
 * (dawn-gpu/node-webgpu issue 17). It looks the global up at every call. So during a wait, the global is replaced by a
 * version that sleeps before it calls back: not at all right after the wait has begun, and then the longer, the longer it has lasted.
 * Short work, such as the classification of one face, is noticed at most an eighth of its time too late, and waiting for long work
 * costs next to nothing.
 * Everything that awaits Dawn goes through `gpuWait`. Outside of a wait the global is the original, so other users of
 * `setImmediate` keep its speed.
 */
const original = globalThis.setImmediate;
let waiting = 0;
/** When the newest wait began, in milliseconds. */
let begun = 0;
/** Whether nothing was asked since: what was submitted some steps ago is often done. */
let fresh = false;

/** The part of a wait so far that the next sleep takes. */
const PART = 1 / 8;
/** The shortest sleep in milliseconds, and the longest one that may hold up the event loop. */
const [SHORTEST_MS, LONGEST_MS] = [0.03, 0.3];
/** How long a timer sleeps: too long until that is a small part of the wait. */
const TIMER_MS = 1;
/** Never changes: waiting for it is a sleep. */
const cell = new Int32Array(new SharedArrayBuffer(4));

type Poll = NodeJS.Immediate | NodeJS.Timeout;

const slowImmediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): Poll => {
  if (fresh) {
    fresh = false;
    return original(callback, ...args);
  }
  const part = (performance.now() - begun) * PART;
  if (part >= TIMER_MS) return setTimeout(callback, 0, ...args);
  const nap = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, part));
  return original(() => {
    Atomics.wait(cell, 0, 0, nap);
    callback(...args);
  });
};

/** Runs `start`, which starts asynchronous GPU work, and resolves with its result. */
export async function gpuWait<T>(start: () => Promise<T>): Promise<T> {
  begun = performance.now();
  fresh = true;
  if (waiting++ === 0) Object.assign(globalThis, { setImmediate: slowImmediate });
  try {
    return await start();
  } finally {
    if (--waiting === 0) globalThis.setImmediate = original;
  }
}
