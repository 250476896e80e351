import { expect, it } from 'vitest';
import { clockAfter, epochEnds, trainedSeconds } from '../../src/train/elapsed.js';
import type { EpochEvent, StepEvent, TrainEvent } from '../../src/train/events.js';

const epoch = (n: number, seconds: number, elapsedS?: number): EpochEvent =>
  ({ type: 'epoch', epoch: n, seconds, ...(elapsedS !== undefined && { elapsedS }) }) as EpochEvent;
const step = (n: number, stepInEpoch: number, imgPerS = 50): StepEvent =>
  ({ type: 'step', epoch: n, stepInEpoch, imgPerS }) as StepEvent;

it.each<[string, object, number | undefined]>([
  ['a step', { type: 'step', elapsedS: 7 }, 7],
  ['an epoch', { type: 'epoch', elapsedS: 8, seconds: 3 }, 8],
  ['a step of an old log', { type: 'step' }, undefined],
  ['the result', { type: 'result', seconds: 9 }, 9],
  ['a note of a resumption', { type: 'note', elapsedS: 2 }, 2],
  ['another note', { type: 'note' }, 5],
  ['the start of a session', { type: 'start' }, 5],
  ['the end', { type: 'end' }, 5],
])('the clock after %s', (_, event, expected) => {
  expect(clockAfter(5, event as TrainEvent)).toBe(expected);
});

it('seconds of training are those of the clock, or estimated from epochs and the steps of one that has begun', () => {
  const config = { batch: 20 };
  const epochs = [epoch(1, 10), epoch(2, 12)];
  const seconds = (own: number | undefined, latest: StepEvent | undefined, of: object | undefined = config) =>
    trainedSeconds({ seconds: own, epochs, step: latest, config: of as typeof config });
  expect(seconds(99, step(3, 5))).toBe(99);
  expect(seconds(0, step(3, 5))).toBe(0);
  expect(seconds(undefined, undefined)).toBe(22);
  expect(seconds(undefined, step(3, 5))).toBe(22 + (5 * 20) / 50);
  expect(seconds(undefined, step(2, 5))).toBe(22); // its epoch is complete
  expect(seconds(undefined, step(3, 5, 0))).toBe(22); // no pace yet
  expect(seconds(undefined, step(3, 5), {})).toBe(22);
  const first = { seconds: undefined, epochs: [], step: step(1, 5), config };
  expect(trainedSeconds(first)).toBe(2);
  expect(trainedSeconds({ ...first, config: undefined })).toBe(0);
});

it('epochs end by the clock, or after their seconds, and never before the one before', () => {
  expect(epochEnds([])).toEqual([0]);
  expect(epochEnds([epoch(1, 4, 5), epoch(2, 4, 11)])).toEqual([0, 5, 11]);
  expect(epochEnds([epoch(1, 4), epoch(2, 6)])).toEqual([0, 4, 10]);
  expect(epochEnds([epoch(1, 4, 5), epoch(2, 4, 3), epoch(3, 1)])).toEqual([0, 5, 5, 6]);
});
