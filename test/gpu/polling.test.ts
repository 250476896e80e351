import { expect, it, vi } from 'vitest';
import { gpuWait } from '../../src/gpu/polling.js';

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
  await gpuWait(() => next().then(next));
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
