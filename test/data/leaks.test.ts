import { describe, expect, it } from 'vitest';
import { findLeaks } from '../../src/data/leaks.js';
import { loadDataset } from '../../src/data/load.js';
import { PIXELS } from '../../src/data/split_builder.js';
import { Rng } from '../../src/util/random.js';
import { folderWith } from './fixtures.js';

/** A picture of smooth random gray values, from 40 to 200. */
function picture(seed: number): number[] {
  const rng = new Rng(seed, 0);
  const waves = Array.from({ length: 6 }, () => [rng.float(), rng.float(), rng.float()].map((x) => 6 * x));
  return Array.from({ length: PIXELS }, (_, i) => {
    const [x, y] = [(i % 48) / 48, Math.floor(i / 48) / 48];
    const sum = waves.reduce((all, [a = 0, b = 0, c = 0]) => all + Math.sin(a * x * 3 + b * y * 3 + c), 0);
    return Math.round(120 + 13 * sum);
  });
}
const brighter = (face: readonly number[]) => face.map((value) => Math.min(255, value + 25));
const mirrored = (face: readonly number[]) =>
  face.map((_, i) => face[i - (i % 48) + 47 - (i % 48)] as number);

/** Rows of a CSV. */
const rows = (usage: string, faces: readonly (readonly number[])[]) =>
  faces.map((face, i) => `${i % 7},${face.join(' ')},${usage}\n`).join('');

const train = Array.from({ length: 12 }, (_, i) => picture(i));
const [a = [], b = [], c = [], d = []] = train;
// Nearly identical within one split: no leaks.
const [again, other] = [brighter(picture(4)), picture(91)];
const csv = `emotion,pixels,Usage\n${rows('Training', [...train, a, again])}${rows('PublicTest', [a, brighter(b), picture(90), mirrored(d)])}${rows('PrivateTest', [c, brighter(a), other, brighter(other)])}`;
const load = (leaks?: 'count' | 'drop') =>
  loadDataset(`${folderWith({ 'fer2013.csv': csv })}/fer2013.csv`, { cacheDir: false, leaks });

describe('leaks between splits', () => {
  it('are rows, not pairs: a face twice in training counts twice, one that is found twice counts once', async () => {
    const { leaks, rows } = await findLeaks(await load());
    // a (rows 0 and 12) and c are in other splits as they are, b as a brighter one; d is mirrored and not found.
    expect(leaks).toEqual({ identical: 3, near: 1, testInValidation: 1 });
    expect([...rows].sort((x, y) => x - y)).toEqual([0, 1, 2, 12]);
  });

  it('are told, with the way out, and change nothing', async () => {
    const [plain, counted] = [await load(), await load('count')];
    expect(plain.leaks).toBeUndefined();
    expect(counted.leaks).toEqual({ identical: 3, near: 1, testInValidation: 1 });
    expect(counted.splits).toEqual(plain.splits);
    expect(counted.notes).toEqual([
      'leak: 4 training images of the data are also in its validation or test images (3 identical, 1 nearly identical); --drop-duplicates leaves them out',
      'leak: 1 test images are also in the validation images',
    ]);
  });

  it('are left out of the training images alone, and told', async () => {
    const [plain, dropped] = [await load(), await load('drop')];
    expect(dropped.splits.validation).toEqual(plain.splits.validation);
    expect(dropped.splits.test).toEqual(plain.splits.test);
    const kept = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13];
    expect([...dropped.splits.train.labels]).toEqual(kept.map((row) => plain.splits.train.labels[row]));
    kept.forEach((row, i) => {
      const faceOf = ({ images }: { images: Uint8Array }, n: number) =>
        images.subarray(n * PIXELS, (n + 1) * PIXELS);
      expect(faceOf(dropped.splits.train, i)).toEqual(faceOf(plain.splits.train, row));
    });
    expect((await findLeaks(dropped)).rows.size).toBe(0);
    expect(dropped.notes[0]).toBe(
      '4 training images left out that are also in the validation or test images (3 identical, 1 nearly identical)',
    );
  });

  it('are looked for after the hold-out, and the rows of the source stay known', async () => {
    const doubled = Array.from({ length: 20 }, (_, i) => picture(i % 10));
    const text = `emotion,pixels,Usage\n${doubled.map((face) => `3,${face.join(' ')},Training\n`).join('')}`;
    const path = `${folderWith({ 'fer2013.csv': text })}/fer2013.csv`;
    const dropped = await loadDataset(path, { cacheDir: false, leaks: 'drop' });
    expect((await findLeaks(dropped)).rows.size).toBe(0);
    expect(dropped.leaks?.identical).toBeGreaterThan(0);
    expect(dropped.heldOut?.train).toHaveLength(dropped.splits.train.labels.length);
    const first = dropped.splits.train.images.subarray(0, PIXELS);
    expect([...first]).toEqual(doubled[dropped.heldOut?.train[0] ?? -1]);
  });

  it('are not looked for in drawn faces, which are all alike', async () => {
    expect((await loadDataset('synthetic:70', { leaks: 'drop' })).leaks).toBeUndefined();
  });
});
