import { expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { ShapeError } from '../../src/gpu/errors.js';
import type { Teacher } from '../../src/nn/distill.js';
import { ImageStore } from '../../src/nn/image_store.js';
import { BatchNormalization, Conv2D, Dense, ELU, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { adam } from '../../src/nn/optimizers.js';
import { PatternExtractor } from '../../src/nn/pattern_extractor.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomBatch } from '../helpers/networks.js';

const network = () =>
  new Sequential(
    'small',
    [6, 6, 1],
    [...[Conv2D({ filters: 4 }), ELU(), BatchNormalization(), Flatten(), Dense({ units: 3 }), Softmax()]],
  );
const live = (gpu: Gpu): number => gpu.pool.stats.liveBytes;

/** What a body leaves behind on the device while its learner lives, after it has run once before. */
async function leftBy(gpu: Gpu, body: (learner: Learner) => Promise<unknown>, options: LearnerOptions = {}) {
  const learner = new Learner(gpu, network(), options);
  await body(learner);
  const before = live(gpu);
  await body(learner);
  const left = live(gpu) - before;
  await learner.dispose();
  return left;
}

describeGpu('the memory of a learner', (gpu) => {
  const [images, labels] = randomBatch(network(), 4);

  it.each<[string, (learner: Learner) => Promise<unknown>, LearnerOptions]>([
    ['to list a step', (learner) => learner.commands(4, 'predict'), {}],
    ['to compile a step', (learner) => learner.compile(4, 'predict'), {}],
    ['to trace one', (learner) => learner.trace(images, labels), {}],
    ['to observe one', async (learner) => (await learner.observe(images, labels)).dispose(), {}],
    ['to probe it', async (learner) => (await learner.probe({ batch: 2, of: 'dense' })).dispose(), {}],
    ['a probe of no layer', (learner) => learner.probe({ batch: 2, of: 'x' }).catch(() => undefined), {}],
    [
      'to measure the gradient',
      async (learner) => {
        await learner.train(images, labels);
        await learner.measureGradient();
        await learner.metrics();
      },
      {},
    ],
    ['to take an average', (learner) => learner.takeAverage([{ images, labels }]), { swa: true }],
    [
      'to look with the average',
      (learner) => learner.withAverage(() => learner.evaluate(images, labels)),
      { ema: 0.5 },
    ],
  ])('%s is given back', async (_, body, options) => {
    expect(await leftBy(gpu(), body, options)).toBe(0);
  });

  it('is given back as a whole: with teachers, decay, stored images, norms and averages', async () => {
    const before = live(gpu());
    const fresh = new Learner(gpu(), network());
    const weights = await fresh.readWeights();
    await fresh.dispose();
    expect(live(gpu())).toBe(before);
    const teacher: Teacher = {
      ...{ network: network(), weights, share: 1, outputs: [0, 1, 2] },
      ...{ scale: 1, shift: new Float32Array(36) },
    };
    const learner = new Learner(gpu(), network(), {
      optimizer: adam({ weightDecay: 0.1, amsgrad: true }),
      ...{ ema: 0.9, l2: 0.1, clipNorm: 1, clipValue: 1 },
      distill: { temperature: 2, hard: 0.5, teachers: [teacher] },
    });
    await learner.train(images, labels);
    await learner.measureGradient();
    await learner.metrics();
    await learner.evaluate(images, labels);
    const store = new ImageStore(gpu(), new Uint8Array(2 * 36), {
      size: [6, 6],
      ...{ mean: new Float32Array(36), divisors: new Float32Array(36).fill(1) },
    });
    expect(live(gpu())).toBeGreaterThan(before);
    store.dispose();
    await learner.dispose();
    expect(live(gpu())).toBe(before);
  });

  it('is given back where a teacher does not fit', async () => {
    const other = new Sequential('other', [5, 5, 1], [Flatten(), Dense({ units: 3 }), Softmax()]);
    const teacher = { network: other, weights: new Map(), share: 1, outputs: [0, 1, 2], scale: 1 };
    const distill = { temperature: 1, hard: 0, teachers: [{ ...teacher, shift: new Float32Array(25) }] };
    expect(() => new Learner(gpu(), network(), { distill })).toThrow(
      'teacher and student take the same images',
    );
  });

  it('is given back where cells of patterns have no pixels', async () => {
    const before = live(gpu());
    const grid = { radius: 1, cells: 4 };
    await expect(PatternExtractor.open(gpu(), [5, 9], grid, 2)).rejects.toThrow(ShapeError);
    expect(live(gpu())).toBe(before);
    const extractor = await PatternExtractor.open(gpu(), [6, 9], grid, 2);
    const shares = await extractor.extract(new Uint8Array(54), 1);
    expect(shares.length).toBe((await extractor.extract(new Uint8Array(108), 2)).length / 2);
    extractor.dispose();
    expect(live(gpu())).toBe(before);
  });
});
