import { expect, it } from 'vitest';
import { DEFAULT_AUGMENT } from '../../src/data/augment.js';
import { BatchSource } from '../../src/data/batches.js';
import { fitPreprocess, PREPROCESS, type PreprocessName } from '../../src/data/preprocess.js';
import { ShapeError } from '../../src/gpu/errors.js';
import { runOnce } from '../../src/gpu/recorder.js';
import { ImageStore } from '../../src/nn/image_store.js';
import { Conv2D, Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { relativeError } from '../../src/reference/arrays.js';
import { Feed } from '../../src/train/feed.js';
import { someSplit } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';

const split = someSplit(10);
/** Without JPEG, which rounds: the smallest difference between host and device may decide. */
const AUGMENT = {
  ...DEFAULT_AUGMENT,
  ...{ shear: 10, brightness: 0.3, gamma: 0.5, contrast: 0.4, blur: 1.5, noise: 20, rate: 0.7 },
};

function sourceWith(preprocess: PreprocessName, augmented = true): BatchSource {
  return new BatchSource(split, {
    batchSize: 4,
    preprocess: fitPreprocess(preprocess, split),
    shuffle: true,
    ...(augmented && { augment: AUGMENT }),
  });
}

describeGpu('batches made on the device', (gpu) => {
  it.each(PREPROCESS)('are those made on the host, preprocessing %s', async (name) => {
    const source = sourceWith(name);
    const feed = new Feed(gpu(), source);
    for (const [epoch, index] of [
      [0, 0],
      [3, 2],
    ] as const) {
      const { images, labels } = feed.batch(epoch, index);
      const want = source.batch(epoch, index);
      expect(labels).toEqual(want.labels);
      if (images instanceof Float32Array) throw new Error('the images should be on the device');
      const { store, draws } = images;
      const got = await runOnce(
        gpu(),
        (rec) => {
          const made = rec.alloc([draws.length, 48, 48, 1], 'images');
          store.choose(store.record(rec, made), draws);
          return made;
        },
        (made) => gpu().read(made),
      );
      expect(relativeError(got, want.images)).toBeLessThan(1e-5);
    }
    feed.dispose();
  });

  it('train like those made on the host, to the bit where nothing is resampled', async () => {
    const losses = async (resident: boolean): Promise<number[]> => {
      const source = sourceWith('scale255', false);
      const feed = new Feed(gpu(), source);
      const model = new Sequential(
        'tiny',
        [48, 48, 1],
        [Conv2D({ filters: 4, strides: 4 }), Flatten(), Dense({ units: 7 }), Softmax()],
      );
      const learner = new Learner(gpu(), model);
      for (let i = 0; i < 6; i++) {
        const batch = (resident ? feed : source).batch(Math.floor(i / 3), i % 3);
        await learner.train(batch.images, batch.labels);
      }
      const steps = await learner.metrics();
      await learner.dispose();
      feed.dispose();
      return steps.map(({ loss }) => loss);
    };
    expect(await losses(true)).toEqual(await losses(false));
  });

  it('name what does not fit', () => {
    const store = new ImageStore(gpu(), split.images, { size: [48, 48] });
    const into = gpu().empty([1, 8], 'draws');
    const draw = { image: 10, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
    expect(() => store.choose(into, [draw])).toThrow(ShapeError);
    expect(() => new ImageStore(gpu(), split.images.subarray(4), { size: [48, 48] })).toThrow(ShapeError);
    gpu().free(into);
    store.dispose();
  });
});
