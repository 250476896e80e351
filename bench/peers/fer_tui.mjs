/** fer-tui as one of the peers; see peers.mjs for the protocol. */
import * as fer from '../../dist/index.js';
import { randomBatch } from '../steps.mjs';
import { answer } from './protocol.mjs';

const gpu = await fer.openGpu();
const learner = new fer.Learner(gpu, fer.buildModel('fer-cnn'));

answer({
  train: (batch) => {
    const [images, labels] = randomBatch(batch);
    return async () => {
      await learner.train(images, labels);
      await gpu.sync();
    };
  },
  infer: (batch) => {
    const [images] = randomBatch(batch);
    return () => learner.predict(images);
  },
});
