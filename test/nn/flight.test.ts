import { expect, it } from 'vitest';
import { Flight } from '../../src/nn/flight.js';

/** A device of one queue: a step takes `ms` on it, and submitting one takes the host `host`. The clock is its own. */
function device(ms: number, host = 0) {
  let now = 0;
  let busyUntil = 0;
  let submitted = 0;
  const ends: number[] = [];
  let fences = 0;
  const flight = new Flight(
    async () => {
      fences++;
      const end = busyUntil;
      await Promise.resolve();
      now = Math.max(now, end);
    },
    () => now,
  );
  const state = { ms, most: 0 };
  const step = async () => {
    now += host;
    submitted++;
    busyUntil = Math.max(busyUntil, now) + state.ms;
    ends.push(busyUntil);
    state.most = Math.max(state.most, ends.filter((end) => end > now).length);
    await flight.submitted();
  };
  return { flight, state, step, fences: () => fences, submitted: () => submitted };
}

it.each([
  { ms: 60, most: 2 },
  { ms: 12, most: 2 },
  { ms: 6, most: 4 },
  { ms: 1, most: 8 },
  { ms: 0, most: 8 },
])('of steps of $ms ms $most are in flight', async ({ ms, most }) => {
  const { flight, step } = device(ms, 0.05);
  expect(flight.limit).toBe(2); // before anything was measured
  for (let i = 0; i < 60; i++) await step();
  expect(flight.limit).toBe(most);
});

it('follows steps that become longer: what a stop waits for stays short', async () => {
  const { flight, state, step } = device(1, 0.05);
  for (let i = 0; i < 40; i++) await step();
  expect(flight.limit).toBe(8);
  expect(state.most).toBeLessThanOrEqual(8);
  state.ms = 50;
  for (let i = 0; i < 20; i++) await step();
  expect(flight.limit).toBe(2);
});

it('asks for each half of them, not for each step', async () => {
  const { step, fences, submitted } = device(1);
  for (let i = 0; i < 40; i++) await step();
  const before = [fences(), submitted()] as const;
  for (let i = 0; i < 40; i++) await step();
  expect([fences() - before[0], submitted() - before[1]]).toEqual([10, 40]);
});

it('never has more than it allows, and none once they have landed', async () => {
  const open: (() => void)[] = [];
  const flight = new Flight(() => new Promise((resolve) => open.push(resolve)));
  await flight.submitted();
  let through = false;
  const second = flight.submitted().then(() => {
    through = true;
  });
  await new Promise(setImmediate);
  expect(through).toBe(false); // two are unfinished
  open.shift()?.();
  await second;
  let landed = false;
  const end = flight.landed().then(() => {
    landed = true;
  });
  await new Promise(setImmediate);
  expect(landed).toBe(false);
  open.shift()?.();
  await end;
  expect(open).toEqual([]);
});

it('throws what a fence throws where it is awaited', async () => {
  const flight = new Flight(() => Promise.reject(new Error('lost')));
  await flight.submitted();
  await expect(flight.submitted()).rejects.toThrow('lost');
  await expect(flight.landed()).rejects.toThrow('lost');
  await flight.landed();
});
