/** fer-tui as one of the peers, in the precision that is asked for; see peers.mjs for the protocol. */

import { randomBatch } from '../../dist/bench/steps.js';
import * as fer from '../../dist/index.js';
import { VERSION } from '../../dist/util/version.js';
import { answer } from './protocol.mjs';

const [precision = 'float32'] = process.argv.slice(2);
const gpu = await fer.openGpu();
const learners = new Map();
const learnerOf = (model) => {
  if (!learners.has(model)) learners.set(model, new fer.Learner(gpu, fer.buildModel(model), { precision }));
  return learners.get(model);
};

answer(`fer-tui ${VERSION}`, {
  train: (batch, model) => {
    const [images, labels] = randomBatch(batch);
    const learner = learnerOf(model);
    // As a training does it: the next steps are handed in while one is worked on.
    const run = () => learner.train(images, labels);
    return Object.assign(run, { settle: () => gpu.sync() });
  },
  infer: (batch, model) => {
    if (precision !== 'float32') throw new Error('predicts in float32');
    const [images] = randomBatch(batch);
    const learner = learnerOf(model);
    return () => learner.predict(images);
  },
});
