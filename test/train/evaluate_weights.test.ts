import { expect, it } from 'vitest';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { macroF1 } from '../../src/train/metrics.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('the evaluation of a model file', () => {
  it('counts every image once, tells its progress after each batch, and its speed', async () => {
    const heard: unknown[] = [];
    const begin = performance.now();
    const result = await evaluateWeights({
      ...{ weights: 'fer-shallow', data: 'synthetic:700', split: 'validation', limit: 70 },
      onProgress: (...told) => void heard.push(told),
    });
    const seconds = (performance.now() - begin) / 1000;
    const what = expect.stringMatching(/^classifying with .*fer-shallow/);
    expect(heard).toEqual([
      [what, 64, 70],
      [what, 70, 70],
    ]);
    expect(result.count).toBe(70);
    expect(result.confusion.flat().reduce((a, b) => a + b)).toBe(70);
    expect(result.macroF1).toBe(macroF1(result.perClass));
    expect(result.imgPerS).toBeGreaterThan(70 / seconds);
    expect(result.imgPerS).toBeLessThan(1e7);
    expect(result.members).toEqual([{ weights: expect.stringContaining('fer-shallow'), share: 1 }]);
  });
});
