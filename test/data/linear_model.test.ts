import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { PIXELS } from './fixtures.js';

const CLASSES = CLASS_NAMES.length;

it('drawn faces cannot be told apart by a linear model of the pixels', async () => {
  const { splits } = await loadDataset('synthetic:1400', { seed: 3 });
  const model = fitLinear(splits.train, 5);
  const [fit, held] = [accuracy(model, splits.train), accuracy(model, splits.test)];
  console.log(`linear model on drawn faces: training ${fit.toFixed(3)}, test ${held.toFixed(3)}`);
  expect(fit).toBeGreaterThan(0.4); // it does learn
  expect(held).toBeLessThan(0.6);
});

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
