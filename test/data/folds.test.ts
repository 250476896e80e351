import { describe, expect, it } from 'vitest';
import { foldOf, foldsOf, parseFold } from '../../src/data/folds.js';
import { loadDataset } from '../../src/data/load.js';
import type { Dataset, Split } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { UsageError } from '../../src/util/errors.js';
import { csv, folderWith, PIXELS, pixels } from './fixtures.js';

/** Faces of these labels, all different: face i has i in its first two pixels. */
function split(labels: readonly number[]): Split {
  const images = new Uint8Array(labels.length * PIXELS);
  labels.forEach((_, i) => {
    images.set([i & 255, i >> 8], i * PIXELS);
  });
  return { images, labels: Uint8Array.from(labels) };
}
const idsOf = ({ images }: Split): number[] =>
  Array.from(
    { length: images.length / PIXELS },
    (_, i) => (images[i * PIXELS] as number) + 256 * (images[i * PIXELS + 1] as number),
  );
const dataset = (train: Split): Dataset => ({
  ...{ name: 'some', source: 'here', height: 48, width: 48, channels: 1, classes: CLASS_NAMES },
  ...{ splits: { train, validation: split([1]), test: split([2]) }, skipped: 0, bad: [], notes: [] },
});

/** 313 faces: classes of 3, 101, 0, 57, 90, 61 and 1 face, in turns. */
const SIZES = [3, 101, 0, 57, 90, 61, 1];
const LABELS = SIZES.flatMap((size, label) =>
  Array.from({ length: size }, (_, i) => ({ label, at: (i + 0.5) / size })),
)
  .sort((a, b) => a.at - b.at || a.label - b.label)
  .map(({ label }) => label);

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('folds', () => {
  const data = dataset(split(LABELS));

  it.each([2, 5, 10])('hold each training image once (%d folds)', (of) => {
    const all = Array.from({ length: of }, (_, i) => foldOf(data, { number: i + 1, of, seed: 7 }));
    const held = all.flatMap(({ splits }) => idsOf(splits.validation));
    expect(held.sort((a, b) => a - b)).toEqual(LABELS.map((_, i) => i));
    for (const { splits } of all) {
      const [train, own] = [idsOf(splits.train), idsOf(splits.validation)];
      expect([...train, ...own].sort((a, b) => a - b)).toEqual(LABELS.map((_, i) => i));
      expect([...splits.train.labels]).toEqual(train.map((id) => LABELS[id]));
      expect([...splits.validation.labels]).toEqual(own.map((id) => LABELS[id]));
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  it('leave out the validation and test images of the source, and say what they are', () => {
    const { splits, name } = foldOf(data, { number: 2, of: 5, seed: 7 });
    expect(splits.test.labels).toHaveLength(0);
    expect(splits.test.images).toHaveLength(0);
    expect(splits.train.labels.length + splits.validation.labels.length).toBe(LABELS.length);
    expect(name).toBe('some, fold 2 of 5 as validation');
  });

  it.each([3, 5, 7])('are stratified and of one size (%d folds)', (of) => {
    const folds = foldsOf(data.splits.train, 7, of, 7);
    const countOf = (fold: number, label?: number): number =>
      LABELS.filter((own, row) => folds[row] === fold + 1 && (label ?? own) === own).length;
    const numbers = Array.from({ length: of }, (_, i) => i);
    expect(spread(numbers.map((fold) => countOf(fold)))).toBeLessThanOrEqual(1);
    for (const label of SIZES.keys()) {
      expect(spread(numbers.map((fold) => countOf(fold, label)))).toBeLessThanOrEqual(1);
    }
  });

  it('follow from the seed alone, and are no fixed rows', () => {
    const of = (seed: number): number[] => [...foldsOf(data.splits.train, 7, 5, seed)];
    expect(of(7)).toEqual(of(7));
    const same = of(7).filter((fold, row) => fold === of(8)[row]).length;
    expect(same / LABELS.length).toBeGreaterThan(0.1);
    expect(same / LABELS.length).toBeLessThan(0.3); // 0.2 by chance
    // No order of the file is left in them.
    const firstHalf = of(7).slice(0, LABELS.length / 2);
    for (const fold of [1, 2, 3, 4, 5]) {
      expect(firstHalf.filter((own) => own === fold).length).toBeGreaterThan(LABELS.length / 2 / 5 / 2);
    }
  });

  it('keep identical images together, whatever their labels', () => {
    const train = split(LABELS);
    const pairs = Array.from({ length: 60 }, (_, i) => [i, LABELS.length - 1 - i] as const);
    for (const [a, b] of pairs) train.images.copyWithin(b * PIXELS, a * PIXELS, (a + 1) * PIXELS);
    const folds = foldsOf(train, 7, 5, 7);
    for (const [a, b] of pairs) expect(folds[a]).toBe(folds[b]);
    expect(pairs.some(([a, b]) => LABELS[a] !== LABELS[b])).toBe(true);
    expect(spread([1, 2, 3, 4, 5].map((fold) => folds.filter((own) => own === fold).length))).toBeLessThan(9);
    expect(folds).not.toContain(0);
  });

  it('are read as NUMBER/FOLDS', () => {
    expect(parseFold('2/5', 3)).toEqual({ number: 2, of: 5, seed: 3 });
    expect(parseFold('1000/1000', 3)).toMatchObject({ number: 1000, of: 1000 });
    for (const text of ['', '2', '0/5', '6/5', '1/1', '2/5/5', '-1/5', '1.5/5', 'a/5', '1/1001', ' 2/5']) {
      expect(() => parseFold(text, 3), text).toThrow(UsageError);
    }
    expect(() => parseFold('6/5', 3)).toThrow('fold = 6/5: expected NUMBER/FOLDS like 2/5');
  });

  it('need an image each', () => {
    expect(() => foldOf(dataset(split([1, 2, 3])), { number: 1, of: 5, seed: 7 })).toThrow(
      'some: 3 training images; 5 folds need as many',
    );
    expect(idsOf(foldOf(dataset(split([1, 2, 3])), { number: 1, of: 3, seed: 7 }).splits.train)).toHaveLength(
      2,
    );
  });

  it('are taken of the rows of a file, before a tenth is held out', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => [3, 'Training', pixels(i)] as const);
    const path = `${folderWith({ 'fer2013.csv': csv([...rows, [4, 'PrivateTest']]) })}/fer2013.csv`;
    const { splits, name } = await loadDataset(path, {
      fold: { number: 1, of: 5, seed: 7 },
      cacheDir: false,
    });
    expect([splits.train, splits.validation, splits.test].map(({ labels }) => labels.length)).toEqual([
      8, 2, 0,
    ]);
    expect(name).toBe('FER-2013, fold 1 of 5 as validation');
  });
});
