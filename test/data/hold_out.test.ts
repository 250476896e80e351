import { describe, expect, it } from 'vitest';
import { holdOut } from '../../src/data/hold_out.js';
import type { Dataset, Split } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { PIXELS } from './fixtures.js';

/** Faces of these labels; every pixel of face i is i. */
function split(labels: readonly number[]): Split {
  const images = Uint8Array.from({ length: labels.length * PIXELS }, (_, i) => Math.floor(i / PIXELS));
  return { images, labels: Uint8Array.from(labels) };
}
const dataset = (train: Split, validation = split([])): Dataset => ({
  ...{ name: 'some', source: 'here', height: 48, width: 48, channels: 1, classes: CLASS_NAMES },
  ...{ splits: { train, validation, test: split([6]) }, skipped: 0, bad: [], notes: [] },
});
/** 100 faces: 40 of class 0, 34 of class 3, 26 of class 6, in turns. */
const labels = Array.from({ length: 100 }, (_, i) => (i % 5 < 2 ? 0 : i % 3 === 0 ? 6 : 3));
const firsts = ({ images }: Split): number[] =>
  Array.from({ length: images.length / PIXELS }, (_, i) => images[i * PIXELS] as number);

describe('held-out validation images', () => {
  const data = dataset(split(labels));
  const { splits, name } = holdOut(data, 7);

  it('are a tenth of each class, rounded, taken from training alone', () => {
    for (const label of [0, 3, 6]) {
      const all = labels.filter((own) => own === label).length;
      const held = splits.validation.labels.filter((own) => own === label).length;
      expect(held).toBe(Math.round(all / 10));
      expect(splits.train.labels.filter((own) => own === label)).toHaveLength(all - held);
    }
    expect(splits.test).toBe(data.splits.test);
    expect(name).toBe('some, 10 % of train held out as validation');
  });

  it('are each in one split, with its own pixels and label, in file order', () => {
    const [train, held] = [firsts(splits.train), firsts(splits.validation)];
    expect([...train, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    for (const [rows, own] of [
      [train, splits.train],
      [held, splits.validation],
    ] as const) {
      expect(rows).toEqual([...rows].sort((a, b) => a - b));
      expect([...own.labels]).toEqual(rows.map((row) => labels[row]));
      rows.forEach((row, i) => {
        expect(new Set(own.images.subarray(i * PIXELS, (i + 1) * PIXELS))).toEqual(new Set([row]));
      });
    }
  });

  it('follow from the seed, and are no fixed rows', () => {
    const heldBy = (seed: number): number[] => firsts(holdOut(data, seed).splits.validation);
    expect(heldBy(7)).toEqual(firsts(splits.validation));
    const ever = new Set(Array.from({ length: 60 }, (_, seed) => heldBy(seed)).flat());
    expect(ever.size).toBe(100);
    // Each class is drawn by itself: another class in front changes nothing.
    const more = holdOut(dataset(split([...labels, ...new Array<number>(30).fill(1)])), 7).splits.validation;
    expect(firsts(more).filter((row) => row < 100)).toEqual(heldBy(7));
  });

  it('are none where there are validation images, or too few for a tenth', () => {
    const given = dataset(split(labels), split([2]));
    expect(holdOut(given, 7)).toBe(given);
    const few = dataset(split([0, 0, 0, 0, 1, 1]));
    expect(holdOut(few, 7)).toBe(few);
    expect(firsts(holdOut(dataset(split([0, 0, 0, 0, 0])), 7).splits.validation)).toHaveLength(1);
  });
});
