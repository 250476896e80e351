import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toOnnx } from '../../src/formats/onnx.js';
import { buildModel } from '../../src/nn/models.js';
import { loadModel, requireSafetensors, saveModel, unadjusted } from '../../src/train/model_file.js';
import { saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { folderWith } from '../data/fixtures.js';
import { randomWeights } from '../helpers/networks.js';

const network = buildModel('fer-shallow', { filters: [4], dense: [8] });
const weights = randomWeights(network);
const saved = {
  network,
  weights,
  classes: CLASS_NAMES,
  preprocess: { name: 'scale255' } as const,
  notes: {},
};

describe('a model without its adjustment', () => {
  it('has the weights from before, and the temperature of its file', () => {
    const path = join(folderWith({}), 'm.safetensors');
    saveModel(path, saved, { temperature: 2 });
    const { raw, adjustment } = unadjusted(loadModel(path), path);
    expect([raw.weights, adjustment]).toEqual([new Map(weights), { temperature: 2, offsets: undefined }]);
  });

  it.each([
    'h5',
    'keras',
    'onnx',
  ])('is the model itself where it lies in a .%s file, which holds none', async (kind) => {
    const path = join(folderWith({}), `m.${kind}`);
    if (kind === 'h5') await saveH5(path, saved);
    if (kind === 'keras') writeFileSync(path, 'PK\x03\x04');
    if (kind === 'onnx') writeFileSync(path, toOnnx(network, weights));
    const { raw, adjustment } = unadjusted(saved, path);
    expect(raw).toBe(saved);
    expect(adjustment).toEqual({ temperature: 1 });
  });
});

it('a name that does not end in .safetensors is refused for what is written as one', () => {
  expect(() => requireSafetensors('M.SAFETENSORS')).not.toThrow();
  expect(() => requireSafetensors('a/m.h5')).toThrow(
    '--out a/m.h5: expected a name that ends in .safetensors',
  );
});
