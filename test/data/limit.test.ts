import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { limitSplit } from '../../src/data/rows.js';
import type { Split } from '../../src/data/types.js';
import { UsageError } from '../../src/util/errors.js';
import { folderWith, PIXELS, png } from './fixtures.js';

/** Images that hold their own row. */
const splitOf = (labels: readonly number[]): Split => ({
  images: Uint8Array.from({ length: labels.length * PIXELS }, (_, i) => Math.floor(i / PIXELS)),
  labels: Uint8Array.from(labels),
});
const rowsOf = ({ images, labels }: Split): number[] =>
  Array.from(labels, (_, i) => images[i * PIXELS] as number);

describe('fewer images', () => {
  const blocks = (sizes: readonly number[]): number[] =>
    sizes.flatMap((size, label) => Array.from({ length: size }, () => label));

  it('are the first where the classes are mixed', () => {
    const mixed = splitOf(Array.from({ length: 42 }, (_, i) => (i * 5) % 7));
    expect(rowsOf(limitSplit(mixed, 5))).toEqual([0, 1, 2, 3, 4]);
  });

  it('are of all classes where these stand one after another: in proportion, evenly spread, one at least', () => {
    const sorted = splitOf(blocks([20, 2, 10]));
    expect(rowsOf(limitSplit(sorted, 3))).toEqual([10, 21, 27]);
    const sixteen = limitSplit(sorted, 16);
    expect([0, 1, 2].map((label) => sixteen.labels.filter((own) => own === label).length)).toEqual([
      10, 1, 5,
    ]);
    expect(rowsOf(sixteen).slice(0, 3)).toEqual([1, 3, 5]);
    for (let n = 0; n <= 33; n++) {
      const { labels } = limitSplit(sorted, n);
      expect(labels.length).toBe(Math.min(n, 32));
      if (n >= 3) expect(new Set(labels).size).toBe(3);
    }
    expect(limitSplit(splitOf(blocks([3, 3, 3])), 2).labels).toHaveLength(2);
  });

  it('of two folders of a class, and of targets, are no exception', () => {
    const two = splitOf([...blocks([5, 5]), 0, 0, 0, 0, 0]);
    const targets = Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 2));
    const three = limitSplit({ ...two, targets }, 3);
    expect(rowsOf(three)).toEqual([2, 7, 12]);
    expect([...(three.targets ?? [])]).toEqual([2, 2, 7, 7, 12, 12]);
  });

  it('of a folder tree are of all its classes', async () => {
    const files = Object.fromEntries(
      ['angry', 'happy', 'sad'].flatMap((name, label) =>
        Array.from({ length: 6 }, (_, i) => [`train/${name}/${i}.png`, png([label, label, label])]),
      ),
    );
    const { splits } = await loadDataset(folderWith(files), { cacheDir: false });
    expect([...limitSplit(splits.train, 3).labels]).toEqual([0, 1, 2]);
  });
});

describe('drawn faces', () => {
  it('have their seven classes, and no others', async () => {
    for (const classes of [
      'happy,sad',
      'a,b,c,d,e,f,g',
      'Happy=Joy',
      'happy,sad,angry,fear,disgust,surprise,calm',
    ]) {
      await expect(loadDataset('synthetic:70', { classes })).rejects.toThrow(
        new UsageError(
          `classes = ${classes}: drawn faces have the seven classes Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise, and no others; leave out --classes`,
        ),
      );
    }
    for (const options of [{ classes: 'csv' }, { classes: 'happy,sad', choose: false }]) {
      expect((await loadDataset('synthetic:70', options)).classes).toHaveLength(7);
    }
  });
});
