import { expect, it } from 'vitest';
import { ImageStore } from '../../src/nn/image_store.js';
import { Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { relativeError } from '../../src/reference/arrays.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('images on the device', (gpu) => {
  const network = () => new Sequential('odd', [3, 3, 1], [Flatten(), Dense({ units: 3 }), Softmax()]);
  const bytesOf = (count: number, first: number) =>
    Uint8Array.from({ length: count * 9 }, (_, i) => (first + i * 37) % 256);
  /** What a store makes of its images, by hand. */
  const floats = (bytes: Uint8Array, rows: readonly number[], mean?: Float32Array, divisor = 1) =>
    Float32Array.from({ length: rows.length * 9 }, (_, i) => {
      const pixel = bytes[(rows[Math.floor(i / 9)] as number) * 9 + (i % 9)] as number;
      return (pixel - (mean?.[i % 9] ?? 0)) / divisor;
    });
  const predictWith = (store: ImageStore, learner: Learner, rows: readonly number[]) =>
    learner.predict({ store, draws: rows.map(plainDraw) });

  it('are those of the store that is named, each with its own mean and divisor', async () => {
    const before = gpu().pool.stats.liveBytes;
    const learner = new Learner(gpu(), network());
    const mean = Float32Array.from({ length: 9 }, (_, i) => 20 + 3 * i);
    const [a, b] = [bytesOf(3, 5), bytesOf(5, 90)]; // 27 and 45 bytes: whole words hold more
    const size = [3, 3] as const;
    const stores = [
      new ImageStore(gpu(), a, { size, divisor: 255 }),
      new ImageStore(gpu(), b, { size, mean, divisor: 64 }),
    ];
    expect(stores.map(({ count }) => count)).toEqual([3, 5]);
    for (let round = 0; round < 2; round++) {
      const [first, second] = stores as [ImageStore, ImageStore];
      const want = [floats(a, [2, 0], undefined, 255), floats(b, [4, 1], mean, 64)];
      const got = [await predictWith(first, learner, [2, 0]), await predictWith(second, learner, [4, 1])];
      for (const [i, images] of want.entries())
        expect(relativeError(got[i] ?? [], await learner.predict(images))).toBeLessThan(1e-5);
    }
    const draws = gpu().empty([1, 8], 'draws');
    expect(() => stores[0]?.choose(draws, [plainDraw(-1)])).toThrow('0 to 2');
    gpu().free(draws);
    await learner.dispose();
    for (const store of stores) store.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });

  it('can be a single one, whose bytes do not fill whole words', async () => {
    const learner = new Learner(gpu(), network());
    const bytes = bytesOf(1, 40);
    const store = new ImageStore(gpu(), bytes, { size: [3, 3] });
    const want = await learner.predict(floats(bytes, [0]));
    expect(relativeError(await predictWith(store, learner, [0]), want)).toBeLessThan(1e-6);
    store.dispose();
    await learner.dispose();
  });

  it('are 0 to 255 without settings, and as many channels as they have', async () => {
    const learner = new Learner(
      gpu(),
      new Sequential('c', [1, 3, 3], [Flatten(), Dense({ units: 3 }), Softmax()]),
    );
    const bytes = bytesOf(2, 1);
    const colours = new ImageStore(gpu(), bytes, { size: [1, 3], channels: 3 });
    expect(colours.count).toBe(2);
    const want = await learner.predict(floats(bytes, [1]));
    expect(relativeError(await predictWith(colours, learner, [1]), want)).toBeLessThan(1e-6);
    colours.dispose();
    await learner.dispose();
    const { largest } = gpu().pool;
    expect([ImageStore.fits(gpu(), largest), ImageStore.fits(gpu(), largest + 1)]).toEqual([true, false]);
  });
});
