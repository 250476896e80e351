import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { folderWith } from './fixtures.js';

/** The real FER-2013 lies beside the project, where its owner put it; it is not ours to ship. */
const REAL = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/fer2013');
const FILE = join(REAL, 'fer2013.csv.gz');
const TREE = join(REAL, 'folders');

function counts({ labels }: Split): Record<string, number> {
  return Object.fromEntries(CLASS_NAMES.map((name, c) => [name, labels.filter((l) => l === c).length]));
}

for (const path of [FILE, TREE]) {
  if (!existsSync(path)) console.warn(`\n*** NOT TESTED: the real FER-2013 is not at ${path} ***\n`);
}

describe('the real FER-2013', () => {
  it.skipIf(!existsSync(FILE))('has the published counts; the second load takes less than 1 s', async () => {
    const cacheDir = folderWith({});
    const start = performance.now();
    const { splits, skipped } = await loadDataset(FILE, { cacheDir });
    const parsed = performance.now();
    const again = await loadDataset(FILE, { cacheDir });
    const [first, second] = [parsed - start, performance.now() - parsed].map(Math.round);
    console.log(`FER-2013: ${first} ms from .csv.gz, ${second} ms from the cache`);
    expect(Object.values(splits).map((s) => s.labels.length)).toEqual([28_709, 3_589, 0]);
    expect(skipped).toBe(0);
    expect(counts(splits.train)).toEqual({
      ...{ Angry: 3995, Disgust: 436, Fear: 4097, Happy: 7215, Neutral: 4965, Sad: 4830, Surprise: 3171 },
    });
    expect(counts(splits.validation)).toEqual({
      ...{ Angry: 467, Disgust: 56, Fear: 496, Happy: 895, Neutral: 607, Sad: 653, Surprise: 415 },
    });
    expect(Buffer.compare(again.splits.train.images, splits.train.images)).toBe(0);
    expect(Buffer.compare(again.splits.validation.labels, splits.validation.labels)).toBe(0);
    expect(second).toBeLessThan(1000);
  });

  it.skipIf(!existsSync(TREE))('reads as a folder tree too', async () => {
    const { splits } = await loadDataset(TREE, { cacheDir: false });
    expect(splits.train.labels.length).toBeGreaterThan(0);
    for (const n of Object.values(counts(splits.train))) expect(n).toBeGreaterThan(0);
  });
});
