import { describe, expect, it, vi } from 'vitest';
import { gpuWait, UsualTime } from '../../src/gpu/polling.js';

const original = globalThis.setImmediate;

/** A promise that is resolved or rejected by hand. */
function open() {
  let resolve: (value: number) => void = () => undefined;
  const promise = new Promise<number>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

it('replaces setImmediate from before the start until the last wait has ended', async () => {
  const [first, second] = [open(), open()];
  let atStart: unknown;
  const one = gpuWait(() => {
    atStart = globalThis.setImmediate;
    return first.promise;
  });
  expect(atStart).not.toBe(original);
  const two = gpuWait(() => second.promise);
  first.resolve(1);
  expect(await one).toBe(1);
  expect(globalThis.setImmediate).not.toBe(original); // the second still waits
  second.resolve(2);
  expect(await two).toBe(2);
  expect(globalThis.setImmediate).toBe(original);
});

it('restores it when the work fails, and when it does not even start', async () => {
  await expect(gpuWait(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(globalThis.setImmediate).toBe(original);
  await expect(
    gpuWait(() => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
  expect(globalThis.setImmediate).toBe(original);
});

it('passes arguments on, and calls later instead of never', async () => {
  const got = await gpuWait(
    () => new Promise((resolve) => setImmediate((...args: number[]) => resolve(args), 1, 2)),
  );
  expect(got).toEqual([1, 2]);
});

it('asks at once, then sleeps before it calls back: shortly at first, by a timer once a wait has lasted', async () => {
  const timer = vi.spyOn(globalThis, 'setTimeout');
  const nap = vi.spyOn(Atomics, 'wait');
  const clock = vi.spyOn(performance, 'now');
  const next = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Begins a wait, and polls when it has lasted so long. */
  const poll = (ms: number) =>
    gpuWait(async () => {
      const begun = clock.mock.results.at(-1)?.value as number;
      await next();
      clock.mockReturnValueOnce(begun + ms);
      await next();
    });
  await gpuWait(next);
  expect(nap).not.toHaveBeenCalled();
  await poll(0.1);
  expect(nap).toHaveBeenCalledOnce();
  expect(timer).not.toHaveBeenCalled();
  await poll(1.6);
  expect(nap.mock.calls.at(-1)?.[3]).toBeCloseTo(0.2, 3);
  await poll(7); // a timer would sleep for a millisecond, a third of the time that a face takes
  expect(nap.mock.calls.at(-1)?.[3]).toBe(0.3);
  expect(timer).not.toHaveBeenCalled();
  await poll(9);
  expect(timer).toHaveBeenCalledOnce();
  expect(nap).toHaveBeenCalledTimes(3);
  vi.restoreAllMocks();
});

describe('work that is awaited again and again', () => {
  /** A time that has grown to `ms`. */
  function usualOf(ms: number): UsualTime {
    const usual = new UsualTime();
    for (let i = 0; i < 100; i++) usual.add(ms);
    return usual;
  }

  /** Begins a wait and polls after it has lasted so long; what it sleeps then. */
  async function sleepAfter(
    ms: number,
    usual: UsualTime,
  ): Promise<{ nap: number | undefined; timer: number | undefined }> {
    const timer = vi.spyOn(globalThis, 'setTimeout');
    const nap = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
    const clock = vi.spyOn(performance, 'now');
    const next = () => new Promise<void>((resolve) => setImmediate(resolve));
    await gpuWait(async () => {
      const begun = clock.mock.results.at(-1)?.value as number;
      await next();
      clock.mockReturnValueOnce(begun + ms);
      await next();
    }, usual);
    const slept = { nap: nap.mock.calls[0]?.[3], timer: timer.mock.calls[0]?.[1] };
    vi.restoreAllMocks();
    return slept;
  }

  it('sleeps until shortly before its usual time, and asks often around it', async () => {
    expect(await sleepAfter(0.1, usualOf(2))).toMatchObject({ nap: 1 });
    expect((await sleepAfter(1.5, usualOf(2))).nap).toBeCloseTo(0.34, 3);
    expect(await sleepAfter(1.9, usualOf(2))).toMatchObject({ nap: 0.03 });
    expect(await sleepAfter(2.4, usualOf(2))).toMatchObject({ nap: 0.03 });
    expect(await sleepAfter(2.6, usualOf(2))).toMatchObject({ nap: 0.3 }); // longer than usual: as if nothing was known
    expect(await sleepAfter(0.1, usualOf(10))).toMatchObject({ timer: 8 }); // the event loop goes on
  });

  it('does not rely on it beside another wait, which may end before', async () => {
    const other = open();
    const before = gpuWait(() => other.promise);
    expect((await sleepAfter(1.6, usualOf(10))).nap).toBeCloseTo(0.2, 3);
    other.resolve(1);
    await before;
  });

  it('learns how long it took, by a tenth more at most than before', async () => {
    const usual = new UsualTime();
    expect(usual.ms).toBe(0);
    for (const [took, expected] of [
      [80, 0.25],
      [80, 0.275],
      [0.2, 0.2],
      [80, 0.25],
    ] as const) {
      usual.add(took);
      expect(usual.ms).toBeCloseTo(expected, 9);
    }
    await gpuWait(async () => undefined, usual);
    expect(usual.ms).toBeLessThan(0.2);
    await expect(gpuWait(() => Promise.reject(new Error('lost')), usual)).rejects.toThrow('lost');
  });
});
