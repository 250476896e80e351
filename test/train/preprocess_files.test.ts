import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { fitPreprocess } from '../../src/data/preprocess.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { runTraining } from '../../src/train/session.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

describeGpu('a training', () => {
  it.each([
    'standardize',
    'standardize-image',
    'standardize-global',
  ] as const)('preprocessing %s is in every file of a training, and in a .h5 of it', async (preprocess) => {
    const folder = newFolder();
    const out = join(folder, 'run');
    const data = { data: 'synthetic:28', batch: 14, seed: 3, epochs: 1, model: 'fer-shallow' };
    const { path } = await runTraining(resolveConfig({ ...data, preprocess, out }), {
      ...{ control: new Control(), emit: () => undefined, place },
    });
    const train = (await loadDataset('synthetic:28', { seed: 3 })).splits.train;
    const want = fitPreprocess(preprocess, train);
    const saved = await openModel(join(path, 'last.safetensors'));
    expect(saved.preprocess).toEqual(want);
    await saveH5(join(folder, 'm.h5'), saved);
    expect((await openModel(join(folder, 'm.h5'))).preprocess).toEqual(want);
    const again = { weights: join(folder, 'm.h5'), data: 'synthetic:28', split: 'validation' } as const;
    const { loss } = await evaluateWeights(again);
    const { loss: own } = await evaluateWeights({ ...again, weights: join(path, 'last.safetensors') });
    expect(loss).toBe(own);
  });
});
