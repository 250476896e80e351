import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { predictSplit, predictVersions } from '../../src/train/evaluation.js';
import { meanOf } from '../../src/train/tta.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';

describeGpu('what a network says of a split', (gpu) => {
  it('has a vote for each image and version, in order, and is told batch by batch', async () => {
    const { splits } = await loadDataset('synthetic:70');
    const network = buildModel('fer-shallow', { filters: [4], dense: [8] });
    const learner = new Learner(gpu(), network);
    learner.writeWeights(randomWeights(network));
    const heard: number[][] = [];
    const preprocess = { name: 'scale255' } as const;
    const versions = await predictVersions(learner, splits.train, preprocess, 'flip', (...told) => {
      heard.push(told);
    });
    expect(heard).toEqual([
      [64, 70],
      [70, 70],
    ]);
    expect(versions.map(({ length }) => length)).toEqual([490, 490]);
    expect(versions[0]).not.toEqual(versions[1]);
    expect(versions[0]).toEqual(await predictSplit(learner, splits.train, preprocess));
    expect(await predictSplit(learner, splits.train, preprocess, 'flip')).toEqual(meanOf(versions));
    await learner.dispose();
  });
});
