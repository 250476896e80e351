/**
 * Waits for WebGPU promises without keeping a core busy.
 *
 * Dawn's Node binding polls with `setImmediate` while any of its promises is pending, which keeps one core at 100 %
 * (dawn-gpu/node-webgpu issue 17). The binding looks up the global at every call. So during a wait, this module replaces the
 * global with a version that sleeps before it calls back. The first poll of a wait does not sleep. Each later one sleeps for an
 * eighth of the time waited so far. The end of short work is thus noticed at most an eighth of its time late, and waiting for long
 * work costs almost no CPU time.
 *
 * A caller that waits for the same work again and again, such as the classification of one face, passes a `UsualTime`. The wait
 * then sleeps until shortly before the usual end, and polls often around it. On software Vulkan, this leaves the CPU to the work.
 *
 * Everything that awaits Dawn goes through `gpuWait`. Outside of a wait the global is the original, so other users of
 * `setImmediate` keep its speed.
 */
const original = globalThis.setImmediate;
let waiting = 0;
/** When the newest wait began, in milliseconds. */
let begun = 0;
/** How long the newest wait usually takes, in milliseconds; 0 if that is unknown. */
let usually = 0;
/** Whether the newest wait has not polled yet. Its first poll comes at once, as work submitted some steps ago is often done. */
let fresh = false;

/** Length of the next sleep, as a part of the time waited so far. */
const PART = 1 / 8;
/** The shortest sleep in milliseconds, and the longest one that may block the event loop. */
const [SHORTEST_MS, LONGEST_MS] = [0.03, 0.3];
/** The shortest sleep of a timer, in milliseconds. Shorter sleeps block the event loop. */
const TIMER_MS = 1;
/** Between these parts of the usual time, a wait polls often. */
const [EARLY, LATE] = [0.92, 1.25];
/** The first guess of a usual time in milliseconds, and its greatest growth from one wait to the next. */
const [FIRST_MS, GROWTH] = [0.25, 1.1];
/** Its value never changes, so `Atomics.wait` on it is a sleep. */
const cell = new Int32Array(new SharedArrayBuffer(4));

type Poll = NodeJS.Immediate | NodeJS.Timeout;

/**
 * How long the wait for the same work usually takes. It falls at once and rises slowly, so that one wait that other work delayed
 * does not make the next ones late.
 */
export class UsualTime {
  #ms = 0;

  /** Milliseconds; 0 at first. */
  get ms(): number {
    return this.#ms;
  }

  /** Records the duration of a wait. */
  add(ms: number): void {
    this.#ms = Math.min(ms, Math.max(FIRST_MS, this.#ms * GROWTH));
  }
}

/** Calls back after a sleep that blocks the event loop. */
function afterNap(ms: number, callback: () => void): Poll {
  return original(() => {
    Atomics.wait(cell, 0, 0, Math.max(SHORTEST_MS, ms));
    callback();
  });
}

const slowImmediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): Poll => {
  if (fresh) {
    fresh = false;
    return original(callback, ...args);
  }
  const ask = () => callback(...args);
  const lasted = performance.now() - begun;
  const early = usually * EARLY - lasted;
  if (early > 0) {
    // A timer may take a millisecond longer than it should.
    return early >= 2 * TIMER_MS
      ? setTimeout(ask, Math.floor(early) - TIMER_MS)
      : afterNap(Math.min(early, TIMER_MS), ask);
  }
  if (lasted < usually * LATE) return afterNap(SHORTEST_MS, ask);
  const part = lasted * PART;
  return part >= TIMER_MS ? setTimeout(ask, 0) : afterNap(Math.min(LONGEST_MS, part), ask);
};

/**
 * Runs `start`, which starts asynchronous GPU work, and resolves with its result.
 *
 * @param usual how long this work usually takes; this wait's duration is added to it
 */
export async function gpuWait<T>(start: () => Promise<T>, usual?: UsualTime): Promise<T> {
  const own = performance.now();
  begun = own;
  fresh = true;
  if (waiting++ === 0) Object.assign(globalThis, { setImmediate: slowImmediate });
  usually = waiting === 1 ? (usual?.ms ?? 0) : 0; // an older wait may end earlier
  try {
    const result = await start();
    usual?.add(performance.now() - own);
    return result;
  } finally {
    if (--waiting === 0) globalThis.setImmediate = original;
  }
}
