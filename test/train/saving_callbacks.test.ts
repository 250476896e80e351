import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Training } from '../../src/train/callbacks/callback.js';
import { Snapshots } from '../../src/train/callbacks/snapshots.js';
import { StepWeights } from '../../src/train/callbacks/step_weights.js';
import { WeightAveraging } from '../../src/train/callbacks/weight_averaging.js';
import { standIn } from '../helpers/stand_in.js';

/** A training of so many images, whose averages read the batches that they are given and nothing else. */
function training(size: number, batchSize: number, epoch = 0) {
  const batch = vi.fn();
  const save = vi.fn();
  const note = vi.fn();
  const takeAverage = vi.fn(async (batches: Iterable<unknown>) => void [...batches]);
  const source = { size, batchSize, batchesPerEpoch: Math.ceil(size / batchSize) };
  const own = { epoch, save, note, emit: vi.fn() };
  const stand = standIn<Training>({ ...own, learner: { takeAverage }, feed: { source, batch } });
  return { batch, save, note, takeAverage, training: stand };
}

describe('snapshots', () => {
  it('are saved at the ends of whole cycles after the warm-up', async () => {
    const { training: of, save, note } = training(10, 5);
    const snapshots = new Snapshots(1, 2);
    for (let epoch = 1; epoch <= 6; epoch++) await snapshots.onEpochEnd(epoch, {}, of);
    expect(save.mock.calls).toEqual([[3], [5]]);
    expect(note.mock.calls.map(([, message]) => message)).toEqual([
      'weights at the end of cycle 1 saved',
      'weights at the end of cycle 2 saved',
    ]);
  });
});

describe('stochastic weight averaging', () => {
  it('begins with its epoch', async () => {
    const { training: of, takeAverage } = training(10, 5);
    for (const epoch of [1, 2, 3]) await new WeightAveraging(2).onEpochTrained(epoch, of);
    expect(takeAverage).toHaveBeenCalledTimes(2);
  });

  it('measures the statistics on whole batches of three epochs, in turns, 300 of them at most', async () => {
    const short = training(11, 4, 7); // two whole batches, and one of three images
    await new WeightAveraging(1).onEpochTrained(7, short.training);
    expect(short.batch.mock.calls).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0].map((index) => [7, index]));
    const long = training(1000, 5);
    await new WeightAveraging(1).onEpochTrained(1, long.training);
    expect(long.batch).toHaveBeenCalledTimes(300);
    const tiny = training(3, 5); // no whole batch: the only one there is
    await new WeightAveraging(1).onEpochTrained(1, tiny.training);
    expect(tiny.batch.mock.calls).toEqual([0, 0, 0].map((index) => [0, index]));
  });
});

it('weights of every step need a folder: one that cannot be made is named', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fer-tui-steps-')), 'file');
  writeFileSync(file, '');
  expect(() => StepWeights.prepare(join(file, 'steps'))).toThrow(`cannot write ${join(file, 'steps')}: `);
});
