import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Split } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { UsageError } from '../../src/util/errors.js';
import { PIXELS } from './fixtures.js';

const CLASSES = CLASS_NAMES.length;

describe('drawn faces', () => {
  it('are 2,100 / 420 / 420, balanced', async () => {
    const { splits, source, name, classes } = await loadDataset('synthetic');
    const { train, validation, test } = splits;
    expect([train, validation, test].map((s) => s.labels.length)).toEqual([2100, 420, 420]);
    for (const { labels, images } of [train, validation, test]) {
      expect(images.length).toBe(labels.length * PIXELS);
      for (let c = 0; c < CLASSES; c++)
        expect(labels.filter((l) => l === c).length).toBe(labels.length / CLASSES);
    }
    expect([source, name, classes]).toEqual(['synthetic', 'drawn faces', CLASS_NAMES]);
  });

  it('come from the seed alone, and no face twice', async () => {
    const a = await loadDataset('synthetic:70');
    expect(await loadDataset('synthetic:70')).toEqual(a);
    const b = await loadDataset('synthetic:70', { seed: 8 });
    const faces = [a, b].flatMap(({ splits }) => Object.values(splits).flatMap(faceKeys));
    expect(faces.length).toBe(2 * (70 + 70 + 70));
    expect(new Set(faces).size).toBe(faces.length);
  });

  it('are a fifth of the training faces, at least 70, in the other splits', () => {
    const sizes = (train: number) =>
      Object.values(syntheticFaces(7, train).splits).map(({ labels }) => labels.length);
    expect(sizes(7)).toEqual([7, 70, 70]);
    expect(sizes(353)).toEqual([353, 71, 71]);
    expect(syntheticFaces(3, 7)).not.toEqual(syntheticFaces(7, 7));
  });

  it('do not change when more are asked for', async () => {
    const [few, many] = [await loadDataset('synthetic:14'), await loadDataset('synthetic:28')];
    expect(many.splits.train.images.subarray(0, 14 * PIXELS)).toEqual(few.splits.train.images);
  });

  it.each([
    'synthetic:',
    'synthetic:0',
    'synthetic:6',
    'synthetic:-9',
    'synthetic:x',
    'synthetic:1.5',
    'synthetic:1000000',
  ])('refuses "%s"', async (path) => {
    await expect(loadDataset(path)).rejects.toThrow(UsageError);
    await expect(loadDataset(path)).rejects.toThrow(/"synthetic:N" with N drawn training faces from 7/);
  });
});

function faceKeys({ images, labels }: Split): string[] {
  return Array.from(labels, (_, i) =>
    Buffer.from(images.subarray(i * PIXELS, (i + 1) * PIXELS)).toString('base64'),
  );
}
