import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tuningOf } from '../../src/gpu/tuning.js';
import { buildModel } from '../../src/nn/models.js';
import { tuneModels } from '../../src/train/tune.js';
import { folderWith } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('tuning for networks', (gpu) => {
  it('measures what a training and a prediction need, tells how far it is, and writes a table', async () => {
    const path = join(folderWith({}), 'table.json');
    const heard: { key: string; done: number; known: number }[] = [];
    const results = await tuneModels(
      gpu(),
      { models: [buildModel('fer-shallow', { filters: [4], dense: [8] })], training: [2], inference: [1] },
      { path, seconds: 1e-4, onProgress: (progress) => heard.push(progress) },
    );
    expect(results.length).toBeGreaterThan(0);
    expect(heard.map(({ done }) => done)).toEqual(results.map((_, i) => i));
    expect(heard.map(({ key }) => key)).toEqual(results.map(({ key }) => key));
    const { choices } = JSON.parse(readFileSync(path, 'utf8'));
    expect(choices).toEqual(Object.fromEntries(tuningOf(gpu()).table));
    expect(Object.keys(choices)).toEqual(expect.arrayContaining(results.map(({ key }) => key)));
  });

  it('asks for the folder of the table before it measures', async () => {
    const path = join(folderWith({ file: '' }), 'file', 'table.json');
    const models = [buildModel('fer-shallow', { filters: [4], dense: [8] })];
    let measured = 0;
    const options = { path, onProgress: () => measured++ };
    await expect(tuneModels(gpu(), { models, training: [], inference: [1] }, options)).rejects.toThrow(
      'file',
    );
    expect(measured).toBe(0);
  });
});
