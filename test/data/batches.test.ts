import { describe, expect, it } from 'vitest';
import { changeStream, DEFAULT_AUGMENT, drawChange } from '../../src/data/augment.js';
import { BatchSource } from '../../src/data/batches.js';
import { drawMix } from '../../src/data/mixup.js';
import { UsageError } from '../../src/util/errors.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';
import { PIXELS, someSplit } from './fixtures.js';

const split = someSplit(10);
const plain = { batchSize: 4, preprocess: { name: 'none' } } as const;
const random = { ...plain, shuffle: true, seed: 5 };

/** Row numbers of an epoch, told by the images' first bytes. */
function rows(source: BatchSource, epoch: number): number[] {
  const key = (at: ArrayLike<number>, i: number) =>
    Array.from({ length: 8 }, (_, p) => at[i * PIXELS + p]).join();
  const known = Array.from({ length: 10 }, (_, i) => key(split.images, i));
  const found: number[] = [];
  for (let b = 0; b < source.batchesPerEpoch; b++) {
    const { images, labels, count } = source.batch(epoch, b);
    for (let i = 0; i < count; i++) {
      found.push(known.indexOf(key(images, i)));
      expect(labels[i]).toBe(split.labels[found.at(-1) as number]);
    }
  }
  return found;
}

describe('BatchSource', () => {
  it('goes through the split in file order; the last batch is smaller', () => {
    const source = new BatchSource(split, plain);
    expect([source.size, source.batchSize, source.batchesPerEpoch]).toEqual([10, 4, 3]);
    expect(rows(source, 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const last = source.batch(0, 2);
    expect([last.count, last.labels.length, last.images.length]).toEqual([2, 2, 2 * PIXELS]);
  });

  it('has the targets of its images, of a smaller last batch too, and when the images are let go', () => {
    const targets = Float32Array.from({ length: 30 }, (_, i) => i);
    const source = new BatchSource({ ...split, targets }, random);
    const soft = (epoch: number) => [0, 1, 2].map((b) => [...(source.targets(epoch, b).soft ?? [])]);
    const expected = (epoch: number) =>
      [0, 1, 2].map((b) =>
        source.draws(epoch, b).draws.flatMap(({ image: i }) => [3 * i, 3 * i + 1, 3 * i + 2]),
      );
    const before = [0, 1].map(soft);
    expect(before).toEqual([0, 1].map(expected));
    expect(before[0]?.map((rows) => rows.length)).toEqual([12, 12, 6]);
    source.releaseImages();
    expect([0, 1].map(soft)).toEqual(before);
    expect(source.images).toHaveLength(0);
    expect(new BatchSource(split, random).targets(0, 0)).toEqual({ mix: undefined, soft: undefined });
  });

  it('shuffles anew every epoch, every image once', () => {
    const source = new BatchSource(split, random);
    const [a, b] = [rows(source, 0), rows(source, 1)];
    expect(a).not.toEqual(b);
    for (const order of [a, b]) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is a function of seed, epoch and index alone', () => {
    const options = { ...random, augment: { ...DEFAULT_AUGMENT, brightness: 0.2 } };
    const source = new BatchSource(split, options);
    const first = source.batch(3, 1);
    source.batch(0, 0);
    source.batch(4, 2);
    expect(source.batch(3, 1)).toEqual(first);
    expect(new BatchSource(split, options).batch(3, 1)).toEqual(first);
    expect(new BatchSource(split, { ...options, seed: 6 }).batch(3, 1)).not.toEqual(first);
    // An image's change hangs on the image, not on its place: the same with another batch size.
    const wide = new BatchSource(split, { ...options, batchSize: 10 }).batch(3, 0);
    expect(wide.images.slice(4 * PIXELS, 8 * PIXELS)).toEqual(first.images);
  });

  it('changes an image otherwise in every epoch', () => {
    const source = new BatchSource(split, { ...plain, augment: DEFAULT_AUGMENT });
    expect(source.batch(0, 0).images).not.toEqual(source.batch(1, 0).images);
    expect(source.batch(0, 0).labels).toEqual(source.batch(1, 0).labels);
  });

  it('preprocesses after the change', () => {
    const scaled = new BatchSource(split, { ...plain, preprocess: { name: 'scale255' } }).batch(0, 0);
    expect(scaled.images[7]).toBeCloseTo((split.images[7] as number) / 255, 6);
  });

  it('has no batches of an empty split, and refuses bad arguments', () => {
    const empty = { images: new Uint8Array(0), labels: new Uint8Array(0) };
    expect(new BatchSource(empty, plain).batchesPerEpoch).toBe(0);
    expect(() => new BatchSource(split, { ...plain, batchSize: 0 })).toThrow(UsageError);
    expect(() => new BatchSource(split, plain).batch(0, 3)).toThrow(RangeError);
  });
});

describe('the draws of a batch', () => {
  const augment = { ...DEFAULT_AUGMENT, shear: 5 };

  it('are each image in the order of the epoch, changed by its own random numbers', () => {
    const source = new BatchSource(split, { ...random, augment });
    const order = new Rng(5, 1_000_003 + 2).shuffle(Array.from({ length: 10 }, (_, i) => i));
    const { draws, labels } = source.draws(2, 1);
    expect(draws.map(({ image }) => image)).toEqual(order.slice(4, 8));
    expect([...labels]).toEqual(order.slice(4, 8).map((image) => image % 7));
    expect(draws).toEqual(order.slice(4, 8).map((i) => drawChange(i, augment, changeStream(5, 2, i))));
  });

  it('are of the shape of the images', () => {
    const shape = [20, 30, 1] as const;
    const wide = { images: new Uint8Array(10 * 600), labels: split.labels };
    const source = new BatchSource(wide, { ...plain, shape, augment });
    expect(source.shape).toEqual(shape);
    expect(source.draws(0, 0).draws[2]).toEqual(drawChange(2, augment, changeStream(7, 0, 2), shape));
  });

  it('take the images as they are without augmentation', () => {
    expect(new BatchSource(split, plain).draws(3, 2).draws).toEqual([plainDraw(8), plainDraw(9)]);
  });

  it('have the seed 7 where none is given', () => {
    const [given, not] = [
      { ...random, seed: 7, augment, mixup: 1 },
      { ...plain, shuffle: true, augment, mixup: 1 },
    ];
    const [one, other] = [new BatchSource(split, given), new BatchSource(split, not)];
    expect(other.draws(1, 1)).toEqual(one.draws(1, 1));
    expect(other.mix(1, 1)).toEqual(one.mix(1, 1));
  });

  it('come in batches that an epoch has, whole numbers of 1 or more', () => {
    const source = new BatchSource(split, plain);
    for (const index of [-1, 3, Number.NaN]) expect(() => source.draws(0, index)).toThrow(RangeError);
    for (const batchSize of [0.5, 1.5, -4, Number.NaN]) {
      expect(() => new BatchSource(split, { ...plain, batchSize })).toThrow(UsageError);
    }
    expect(new BatchSource(split, { ...plain, batchSize: 1 }).batchesPerEpoch).toBe(10);
    expect(new BatchSource(split, { ...plain, batchSize: 5 }).batchesPerEpoch).toBe(2);
  });

  it('go on without the images, which are let go of', () => {
    const source = new BatchSource(split, { ...plain, augment });
    const before = source.draws(4, 1);
    expect(source.images).toBe(split.images);
    source.releaseImages();
    expect(source.images).toHaveLength(0);
    expect(source.draws(4, 1)).toEqual(before);
  });
});

describe('batches of other images', () => {
  const shape = [2, 3, 1] as const;
  const small = { images: Uint8Array.from({ length: 12 }, (_, i) => 20 * i), labels: Uint8Array.of(1, 0) };

  it('have three channels alike where the network takes colours', () => {
    const source = new BatchSource(small, { ...plain, shape, channels: 3 });
    const { images, count } = source.batch(0, 0);
    expect(count).toBe(2);
    expect([...images]).toEqual([...small.images].flatMap((value) => [value, value, value]));
    expect(source.preprocess).toEqual({ name: 'none' });
  });

  it('keep their channels otherwise', () => {
    const colours = { images: Uint8Array.from({ length: 24 }, (_, i) => 10 * i), labels: Uint8Array.of(1) };
    const source = new BatchSource(colours, { ...plain, shape: [4, 2, 3], preprocess: { name: 'scale255' } });
    expect([...source.batch(0, 0).images]).toEqual(
      [...colours.images].map((value) => Math.fround(value / 255)),
    );
  });
});

const MIXUP = { mixup: 0.4, cutmix: 0 };

describe('mixup', () => {
  it('takes the random numbers of its batch, from the whole batch or what is left of it', () => {
    const source = new BatchSource(split, { ...plain, seed: 5, mixup: 0.4 });
    expect(source.mix(3, 1)).toEqual(drawMix(4, MIXUP, [48, 48], changeStream(5, 3, 2_000_003 + 1)));
    expect(source.mix(3, 2)).toEqual(drawMix(2, MIXUP, [48, 48], changeStream(5, 3, 2_000_003 + 2)));
  });

  it('keeps the larger of both shares, as often as they are drawn', () => {
    // Beta(1, 1) is even over 0 to 1, so the larger share is even over 1/2 to 1.
    const shares = drawMix(20_000, { mixup: 1, cutmix: 0 }, [48, 48], new Rng(6)).map(({ share }) => share);
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    expect(mean).toBeCloseTo(0.75, 2);
  });

  it('draws blends that follow from seed, epoch and batch alone', () => {
    const source = new BatchSource(split, { ...plain, mixup: 0.4 });
    const again = new BatchSource(split, { ...plain, mixup: 0.4 });
    expect(source.mix(3, 2)).toEqual(again.mix(3, 2));
    expect(source.mix(3, 2)).toHaveLength(2);
    expect(source.mix(3, 1)).not.toEqual(source.mix(3, 0));
    expect(source.mix(3, 1)).not.toEqual(source.mix(4, 1));
    expect(new BatchSource(split, plain).mix(0, 0)).toBeUndefined();
  });

  it('pairs each image with one of the batch, and leaves it the larger share', () => {
    const mix = drawMix(100, MIXUP, [48, 48], new Rng(1));
    expect(mix.map(({ partner }) => partner).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    for (const { share } of mix) expect(share >= 0.5 && share <= 1).toBe(true);
  });

  it('has the shares of a beta distribution', () => {
    const rng = new Rng(2);
    for (const a of [0.2, 1, 3]) {
      const values = Array.from({ length: 100_000 }, () => rng.beta(a, a));
      const mean = values.reduce((x, y) => x + y) / values.length;
      const variance = values.reduce((x, y) => x + (y - mean) ** 2, 0) / values.length;
      expect(mean).toBeCloseTo(0.5, 2);
      expect(variance).toBeCloseTo(1 / (4 * (2 * a + 1)), 2);
    }
  });
});

describe('cutmix', () => {
  const CUTMIX = { mixup: 0, cutmix: 1 };

  it('takes its random numbers and the size of its rectangles from the batch', () => {
    const source = new BatchSource(split, { ...plain, seed: 5, cutmix: 1 });
    expect(source.mix(3, 1)).toEqual(drawMix(4, CUTMIX, [48, 48], changeStream(5, 3, 2_000_003 + 1)));
    expect(source.mix(3, 2)).toHaveLength(2);
    const flat = { images: new Uint8Array(10 * 4 * 30), labels: new Uint8Array(10) };
    const boxes = new BatchSource(flat, { ...plain, shape: [4, 30, 1], cutmix: 1 }).mix(0, 0);
    expect(boxes).toEqual(drawMix(4, CUTMIX, [4, 30], changeStream(7, 0, 2_000_003)));
  });

  it('leaves each image the share of the pixels outside of its rectangle, at least a half', () => {
    const mix = drawMix(2000, CUTMIX, [20, 30], new Rng(3));
    for (const { share, box } of mix) {
      const { left, top, width, height } = box ?? { left: -1, top: -1, width: -1, height: -1 };
      expect(left >= 0 && top >= 0 && left + width <= 30 && top + height <= 20).toBe(true);
      expect(share).toBe(1 - (width * height) / 600);
      expect(share).toBeGreaterThanOrEqual(0.47); // rounded to whole pixels
    }
    const shares = mix.map(({ share }) => share);
    expect(Math.min(...shares)).toBeLessThan(0.52);
    expect(Math.max(...shares)).toBeGreaterThan(0.99);
  });

  it('gives rectangles the ratio of the image, around any pixel, cut off at its edges', () => {
    const boxes = drawMix(5000, CUTMIX, [20, 30], new Rng(4)).flatMap(({ box }) => box ?? []);
    const whole = boxes.filter(
      ({ left, top, width, height }) => left > 0 && top > 0 && left + width < 30 && top + height < 20,
    );
    for (const { width, height } of whole) expect(Math.abs(width * 20 - height * 30)).toBeLessThanOrEqual(50);
    const touching = (test: (box: (typeof boxes)[number]) => boolean): number => boxes.filter(test).length;
    const edges = [
      touching(({ left }) => left === 0),
      touching(({ top }) => top === 0),
      touching(({ left, width }) => left + width === 30),
      touching(({ top, height }) => top + height === 20),
    ];
    for (const count of edges) expect(Math.abs(count / boxes.length - 0.25)).toBeLessThan(0.1);
  });

  it('takes turns with mixup where both are on: batch by batch, evenly', () => {
    const rng = new Rng(5);
    const kinds = Array.from({ length: 400 }, () => {
      const mix = drawMix(3, { mixup: 0.4, cutmix: 1 }, [48, 48], rng);
      return mix.map(({ box }) => Number(box !== undefined)).join('');
    });
    expect(new Set(kinds)).toEqual(new Set(['000', '111']));
    const cut = kinds.filter((kind) => kind === '111').length;
    expect(Math.abs(cut - 200)).toBeLessThan(50);
  });
});
