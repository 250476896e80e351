import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Store } from '../../src/tui/store.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store of ten frames a second, and when its listener was called. */
function watched() {
  const store = new Store({ n: 0, other: 'kept' }, { fps: 10 });
  const told: number[] = [];
  const begin = performance.now();
  store.subscribe(() => void told.push(performance.now() - begin));
  return { store, told };
}

it('the first change is shown at once, the next after a period of the last', () => {
  const { store, told } = watched();
  store.set({ n: 1 });
  expect(store.snapshot()).toEqual({ n: 0, other: 'kept' });
  vi.advanceTimersByTime(1);
  expect(told).toHaveLength(1);
  const [first = 0] = told;
  store.set({ n: 2 });
  vi.advanceTimersByTime(60);
  store.set({ n: 3 });
  vi.advanceTimersByTime(38);
  expect([told.length, store.snapshot().n]).toEqual([1, 1]);
  vi.advanceTimersByTime(5);
  expect([told.length, store.snapshot()]).toEqual([2, { n: 3, other: 'kept' }]);
  expect((told[1] ?? 0) - first).toBeGreaterThanOrEqual(99);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(2);
});

it('a flush shows the change, and leaves no call behind; after a rest, a change is shown at once', () => {
  const { store, told } = watched();
  store.set({ n: 1 });
  store.flush();
  vi.advanceTimersByTime(500);
  expect(told).toEqual([0]);
  store.set({ n: 2 });
  vi.advanceTimersByTime(2);
  expect(told).toHaveLength(2);
});

it('after a flush the next change waits a whole period', () => {
  const { store, told } = watched();
  store.set({ n: 1 });
  store.flush();
  store.set({ n: 2 });
  vi.advanceTimersByTime(90);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(12);
  expect(told).toHaveLength(2);
});

it('listeners see the new state; who has left is not called, the others are', () => {
  const store = new Store({ n: 0 });
  const seen: number[] = [];
  const leave = store.subscribe(() => void seen.push(-1));
  store.subscribe(() => void seen.push(store.snapshot().n));
  store.subscribe(() => void seen.push(10 * store.snapshot().n));
  leave();
  store.set({ n: 4 });
  store.flush();
  expect(seen).toEqual([4, 40]);
});

it('shows fifteen frames a second, unless told otherwise', () => {
  const store = new Store({ n: 0 });
  let told = 0;
  store.subscribe(() => void told++);
  for (let ms = 0; ms < 2000; ms++) {
    store.set({ n: ms + 1 });
    vi.advanceTimersByTime(1);
  }
  expect(told).toBeGreaterThanOrEqual(28);
  expect(told).toBeLessThanOrEqual(31);
});
