import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PREPROCESS } from '../../src/data/preprocess.js';
import { sizeOf } from '../../src/gpu/shape.js';
import { buildModel } from '../../src/nn/models.js';
import { loadModel, saveModel } from '../../src/train/model_file.js';
import { firstNotFinite } from '../../src/train/soundness.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { RunError } from '../../src/util/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-sound-'));
const network = buildModel('fer-shallow', { classes: 2 });

/** A model whose weights are 1, except for one. */
function modelWith(value: number, of: RegExp) {
  let changed = '';
  const weights = new Map(
    network.weights.map(({ name, shape }) => {
      const data = new Float32Array(sizeOf(shape)).fill(1);
      if (changed === '' && of.test(name)) {
        changed = name;
        data[data.length - 1] = value;
      }
      return [name, { shape, data }];
    }),
  );
  const saved = { network, weights, classes: ['a', 'b'], notes: {}, preprocess: { name: 'none' } } as const;
  return { saved, changed };
}

describe('a weight file', () => {
  it.each([
    [Number.NaN, /kernel$/, 'holds NaN at position'],
    [Number.POSITIVE_INFINITY, /bias$/, 'holds Infinity at position'],
    [Number.NEGATIVE_INFINITY, /moving_mean$/, 'holds -Infinity at position'],
    [-1e-6, /moving_variance$/, 'is below 0'],
  ])('with %f in %s is refused, by name, whatever its format', async (value, of, words) => {
    const { saved, changed } = modelWith(value, of);
    expect(changed).not.toBe('');
    const [own, h5] = [join(folder, 'w.safetensors'), join(folder, 'w.h5')];
    saveModel(own, saved);
    await saveH5(h5, saved);
    for (const path of [own, h5]) {
      const message = await openModel(path).then(
        () => 'was read',
        (error) => (error instanceof RunError ? error.message : String(error)),
      );
      expect(message).toContain(path);
      expect(message).toContain(changed);
      expect(message).toContain(words);
    }
  });

  it.each([
    ['mean', Number.NaN, 'mean of the training images holds NaN; expected numbers from 0 to 255'],
    ['mean', 256, 'mean of the training images holds 256'],
    ['std', -1, 'standard deviation of the training images holds -1'],
  ] as const)('whose %s holds %f is refused, whatever its format', async (what, value, words) => {
    const { saved } = modelWith(1, /kernel$/);
    const measured = (of: 'mean' | 'std') => new Float32Array(48 * 48).fill(of === what ? value : 100);
    const preprocess = { name: 'standardize', mean: measured('mean'), std: measured('std') } as const;
    const [own, h5] = [join(folder, 'measured.safetensors'), join(folder, 'measured.h5')];
    saveModel(own, { ...saved, preprocess });
    await saveH5(h5, { ...saved, preprocess });
    for (const path of [own, h5])
      await expect(openModel(path)).rejects.toThrow(`${path}: damaged: its ${words}`);
  });

  it('that lacks a weight, has one too many, or one of another shape is refused', () => {
    const { saved } = modelWith(1, /kernel$/);
    const path = join(folder, 'unfit.safetensors');
    const [name, { shape, data }] = [...saved.weights].find(([each]) => /^dense.*kernel$/.test(each)) as [
      string,
      { shape: number[]; data: Float32Array },
    ];
    const changed = (
      change: (weights: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
    ) => {
      const weights = new Map(saved.weights);
      change(weights);
      saveModel(path, { ...saved, weights });
      return () => loadModel(path);
    };
    const turned = [...shape].reverse();
    expect(changed((w) => w.delete(name))).toThrow(`weight ${name} does not fit fer-shallow`);
    expect(changed((w) => w.set('more', { shape: [1], data: new Float32Array(1) }))).toThrow(
      `${path}: damaged: weight more does not fit fer-shallow, the network in the file: expected no such weight, found [1]`,
    );
    expect(changed((w) => w.set(name, { shape: turned, data }))).toThrow(
      `expected [${shape.join(', ')}], found [${turned.join(', ')}]`,
    );
  });

  it('with sound weights is read, and one of unknown preprocessing is refused', () => {
    const { saved } = modelWith(0, /moving_variance$/);
    const path = join(folder, 'good.safetensors');
    saveModel(path, saved);
    expect(loadModel(path).weights).toEqual(saved.weights);
    saveModel(path, { ...saved, preprocess: { name: 'whatever' as 'none' } });
    expect(() => loadModel(path)).toThrow(
      `${path}: damaged: its preprocessing is "whatever"; expected one of ${PREPROCESS.join(', ')}`,
    );
  });

  it('names the first array that is not finite', () => {
    const { saved, changed } = modelWith(Number.NaN, /bias$/);
    expect(firstNotFinite(saved.weights)).toBe(changed);
    expect(firstNotFinite(modelWith(0, /bias$/).saved.weights)).toBeUndefined();
  });
});
