import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelCard } from '../../scripts/model_card.mjs';
import { drawnProbabilities } from '../../src/train/drawn_probabilities.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { MODELS, readCard, shippedModels, weightsPath } from '../../src/train/shipped_models.js';
import { folderWith } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';
import { all, FER2013, needs } from '../helpers/needs.js';

describe('the shipped models', () => {
  it('are at most 20 MB together, each with its card', () => {
    const names = shippedModels();
    expect(names).toEqual(expect.arrayContaining(['fer-cnn', 'fer-vgg']));
    const bytes = names.map((name) => statSync(join(MODELS, `${name}.h5`)).size);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(20e6);
    expect(names.map((name) => readCard(name).bytes)).toEqual(bytes);
  });

  it('have a model card that says what was measured', () => {
    expect(readFileSync(join(MODELS, 'README.md'), 'utf8')).toBe(modelCard(shippedModels().map(readCard)));
  });

  it('have a card that says what other seeds reached, with the mean and the deviation of all', () => {
    const card = readCard('fer-shallow');
    const own =
      card.parts.at(-1)?.history.find(({ epoch }) => epoch === card.parts.at(-1)?.bestEpoch)?.valAcc ?? 0;
    const others = [-0.02, 0.05].map((more, i) => ({
      seed: 8 + i,
      bestEpoch: 3,
      valAcc: own + more,
      valLoss: 1.5,
    }));
    const text = modelCard([{ ...card, spread: others }]);
    expect(text).toContain(
      `${(100 * (own + 0.01)).toFixed(1)} % on average, with a standard deviation of 3.6 points`,
    );
    expect(text).toContain(`| 9 | 3 | ${(100 * (own + 0.05)).toFixed(1)} % | 1.500 |`);
  });

  it('are found by name, and used where no weights are named', () => {
    expect(weightsPath('fer-cnn')).toBe(join(MODELS, 'fer-cnn.h5'));
    expect(weightsPath('runs/r1/best.safetensors')).toBe('runs/r1/best.safetensors');
    expect(shippedModels().map((name) => join(MODELS, `${name}.h5`))).toContain(weightsPath(undefined));
  });

  it.each([
    [['best.safetensors', 'last.safetensors'], 'best.safetensors'],
    [['last.safetensors'], 'last.safetensors'],
    [[], 'best.safetensors'],
  ])('of a run are its best, else its last; a run that has %j is known by %s', (files, found) => {
    const run = folderWith(Object.fromEntries(['events.ndjson', ...files].map((name) => [name, ''])));
    expect(weightsPath(run)).toBe(join(run, found));
  });
});

describeGpu('the shipped models on this adapter', () => {
  it.each(shippedModels())('%s says of drawn faces what it said when it was shipped', async (name) => {
    const { drawn } = readCard(name);
    const now = await drawnProbabilities(weightsPath(name));
    expect(now.length).toBe(drawn.length);
    const apart = drawn.flatMap((row, i) => row.map((p, c) => Math.abs(p - (now[i]?.[c] ?? Number.NaN))));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  });

  it.each(shippedModels())(
    '%s has the validation figures of its card',
    all(needs.fer2013, needs.full),
    async (name) => {
      for (const tta of ['none', 'flip'] as const) {
        const then = readCard(name).validation[tta];
        const now = await evaluateWeights({
          weights: weightsPath(name),
          data: FER2013,
          split: 'validation',
          tta,
        });
        // Kernels of another adapter round differently: two images in 3,589 may change sides.
        expect(Math.abs(now.accuracy - then.accuracy) * now.count).toBeLessThan(2.5);
        expect(now.loss).toBeCloseTo(then.loss, 4);
      }
    },
  );
});
