/**
 * Trains with a callback of its own, which shows every epoch as a bar and stops once the network is right in 60 of 100
 * drawn faces: `npm run build`, then `node examples/own_callback.mjs`.
 */
import * as fer from 'fer-tui';

const { splits, classes } = await fer.loadDataset('synthetic:700');
const preprocess = fer.fitPreprocess('mean', splits.train);
const source = new fer.BatchSource(splits.train, { batchSize: 14, preprocess, shuffle: true, seed: 1 });

/** @type {fer.Callback} */
const goodEnough = {
  onEpochEnd(epoch, { val_acc = 0 }, training) {
    console.log(`epoch ${epoch}  ${'#'.repeat(Math.round(40 * val_acc))} ${(100 * val_acc).toFixed(1)} %`);
    if (val_acc >= 0.6) training.stop();
  },
};

const gpu = await fer.openGpu();
const model = fer.buildModel('fer-cnn', { filters: [8, 16, 32], dense: [32], dropout: 0 });
const learner = new fer.Learner(gpu, model, { optimizer: fer.adam(), seed: 1 });
const trainer = new fer.Trainer(learner, {
  ...{ source, validation: splits.validation, preprocess, classes, epochs: 20 },
  callbacks: [new fer.ReduceLROnPlateau({ patience: 2, factor: 0.5 }), goodEnough],
});
const { status, epochs } = await trainer.run({ emit: () => {}, control: new fer.Control() });
console.log(`${status} after ${epochs} epochs`);
gpu.close();
