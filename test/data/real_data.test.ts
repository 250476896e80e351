import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Split, SplitName } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { FER2013, FER2013_TREE, needs } from '../helpers/needs.js';
import { csv, folderWith, PIXELS } from './fixtures.js';

function counts({ labels }: Split): Record<string, number> {
  return Object.fromEntries(CLASS_NAMES.map((name, c) => [name, labels.filter((l) => l === c).length]));
}

describe('drawn faces in the forms of FER-2013', () => {
  const { splits } = syntheticFaces(5, 70);
  const faces = (Object.entries(splits) as [SplitName, Split][]).flatMap(([split, { images, labels }]) =>
    Array.from(labels, (label, i) => ({
      split,
      label,
      face: images.subarray(i * PIXELS, (i + 1) * PIXELS),
      i,
    })),
  );

  it('come back from a .csv.gz as they were, the second time from the cache', async () => {
    const usage = { train: 'Training', validation: 'PublicTest', test: 'PrivateTest' };
    const rows = faces.map(({ split, label, face }) => {
      return [CSV_ORDER.indexOf(CLASS_NAMES[label] as string), usage[split], face.join(' ')] as const;
    });
    const folder = folderWith({ 'fer2013.csv.gz': gzipSync(csv(rows)) });
    const cacheDir = folderWith({});
    for (let i = 0; i < 2; i++) {
      expect((await loadDataset(join(folder, 'fer2013.csv.gz'), { cacheDir })).splits).toEqual(splits);
    }
    expect(readdirSync(cacheDir)).toHaveLength(1);
  });

  it('come back from a folder tree as they were', async () => {
    const files = faces.map(({ split, label, face, i }) => {
      const name = `${split}/${CLASS_NAMES[label]}/${String(i).padStart(3, '0')}.png`.toLowerCase();
      return [name, grayPng(face)] as const;
    });
    const loaded = await loadDataset(folderWith(Object.fromEntries(files)), { cacheDir: false });
    // A tree is read class by class.
    const byClass = (split: Split) =>
      CLASS_NAMES.flatMap((_, label) =>
        [...split.labels.keys()].filter((i) => split.labels[i] === label),
      ).map((i) => Buffer.from(split.images.subarray(i * PIXELS, (i + 1) * PIXELS)).toString('base64'));
    for (const name of ['train', 'validation', 'test'] as const) {
      expect(byClass(loaded.splits[name])).toEqual(byClass(splits[name]));
    }
  });
});

/** The order of the classes in the CSV. */
const CSV_ORDER = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'];

function grayPng(face: Uint8Array): Buffer {
  const image = new PNG({ width: 48, height: 48 });
  face.forEach((value, i) => void image.data.set([value, value, value, 255], i * 4));
  return PNG.sync.write(image);
}

describe('the real FER-2013', () => {
  it('has the published counts; the second load reads the cache', needs.fer2013, async () => {
    const cacheDir = folderWith({});
    const { splits, skipped } = await loadDataset(FER2013, { cacheDir });
    const progress: unknown[] = [];
    const again = await loadDataset(FER2013, { cacheDir, onProgress: (p) => progress.push(p) });
    expect(progress).toEqual([]); // parsing would report some
    expect(Object.values(splits).map((s) => s.labels.length)).toEqual([28_709, 3_589, 0]);
    expect(skipped).toBe(0);
    expect(counts(splits.train)).toEqual({
      ...{ Angry: 3995, Disgust: 436, Fear: 4097, Happy: 7215, Neutral: 4965, Sad: 4830, Surprise: 3171 },
    });
    expect(counts(splits.validation)).toEqual({
      ...{ Angry: 467, Disgust: 56, Fear: 496, Happy: 895, Neutral: 607, Sad: 653, Surprise: 415 },
    });
    expect(Buffer.compare(again.splits.train.images, splits.train.images)).toBe(0);
    expect(again.splits.validation.labels).toEqual(splits.validation.labels);
  });

  it('reads as a folder tree too, with faces of every class', needs.fer2013Tree, async () => {
    const { splits } = await loadDataset(FER2013_TREE, { cacheDir: false });
    expect(splits.train.labels.length).toBeGreaterThan(0);
    for (const n of Object.values(counts(splits.train))) expect(n).toBeGreaterThan(0);
  });
});
