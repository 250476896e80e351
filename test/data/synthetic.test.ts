import { createHash } from 'node:crypto';
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

  it('are the same in every version: runs and model cards are measured on them', async () => {
    const { splits } = await loadDataset('synthetic:70');
    const hash = (split: Split): string =>
      createHash('sha256').update(split.images).digest('hex').slice(0, 16);
    expect(Object.values(splits).map(hash)).toEqual([
      '5cf25f229ddb0c34',
      'b4612414c89a4fcc',
      'fd652bbf89e67bd0',
    ]);
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

  it('cannot be told apart by a linear model of the pixels', { timeout: 60_000 }, async () => {
    const { splits } = await loadDataset('synthetic:1400', { seed: 3 });
    const model = fitLinear(splits.train, 8);
    const [fit, held] = [accuracy(model, splits.train), accuracy(model, splits.test)];
    console.log(`linear model on drawn faces: training ${fit.toFixed(3)}, test ${held.toFixed(3)}`);
    expect(fit).toBeGreaterThan(0.4); // it does learn
    expect(held).toBeLessThan(0.6);
  });
});

function faceKeys({ images, labels }: Split): string[] {
  return Array.from(labels, (_, i) =>
    Buffer.from(images.subarray(i * PIXELS, (i + 1) * PIXELS)).toString('base64'),
  );
}

/** Softmax regression: weights [7, 2304 + 1], the last column the bias. */
interface Linear {
  readonly weights: Float32Array;
  readonly mean: Float32Array;
}

/** Stochastic gradient descent with L2 0.01 and a falling rate. */
function fitLinear({ images, labels }: Split, epochs: number): Linear {
  const mean = new Float32Array(PIXELS);
  images.forEach((v, i) => {
    mean[i % PIXELS] = (mean[i % PIXELS] as number) + v / labels.length;
  });
  const model = { weights: new Float32Array(CLASSES * (PIXELS + 1)), mean };
  for (let e = 0; e < epochs; e++) {
    const rate = 0.005 / (1 + 0.4 * e);
    for (let j = 0; j < labels.length; j++) {
      const row = (j * 37 + e) % labels.length;
      const x = input(model, images, row);
      const z = scores(model, x);
      const top = Math.max(...z);
      const exps = z.map((s) => Math.exp(s - top));
      const sum = exps.reduce((a, b) => a + b);
      for (let c = 0; c < CLASSES; c++) {
        const g = (exps[c] as number) / sum - (labels[row] === c ? 1 : 0);
        const w = model.weights.subarray(c * (PIXELS + 1), (c + 1) * (PIXELS + 1));
        for (let p = 0; p <= PIXELS; p++) {
          w[p] = (w[p] as number) - rate * (g * (x[p] as number) + 0.01 * (w[p] as number));
        }
      }
    }
  }
  return model;
}

function input({ mean }: Linear, images: Uint8Array, row: number): Float32Array {
  const x = new Float32Array(PIXELS + 1).fill(1);
  for (let p = 0; p < PIXELS; p++) x[p] = ((images[row * PIXELS + p] as number) - (mean[p] as number)) / 128;
  return x;
}

function scores({ weights }: Linear, x: Float32Array): number[] {
  return Array.from({ length: CLASSES }, (_, c) => {
    let sum = 0;
    for (let p = 0; p <= PIXELS; p++) sum += (weights[c * (PIXELS + 1) + p] as number) * (x[p] as number);
    return sum;
  });
}

function accuracy(model: Linear, { images, labels }: Split): number {
  let hits = 0;
  labels.forEach((label, row) => {
    const z = scores(model, input(model, images, row));
    if (z.indexOf(Math.max(...z)) === label) hits++;
  });
  return hits / labels.length;
}
