/** fer-tui as one of the peers; see peers.mjs for the protocol. */

import { randomBatch } from '../../dist/bench/steps.js';
import * as fer from '../../dist/index.js';
import { answer } from './protocol.mjs';

const gpu = await fer.openGpu();
const learners = new Map();
const learnerOf = (model) => {
  if (!learners.has(model)) learners.set(model, new fer.Learner(gpu, fer.buildModel(model)));
  return learners.get(model);
};

answer({
  train: (batch, model) => {
    const [images, labels] = randomBatch(batch);
    const learner = learnerOf(model);
    // As a training does it: the next steps are handed in while one is worked on.
    const run = () => learner.train(images, labels);
    return Object.assign(run, { settle: () => gpu.sync() });
  },
  infer: (batch, model) => {
    const [images] = randomBatch(batch);
    const learner = learnerOf(model);
    return () => learner.predict(images);
  },
});
