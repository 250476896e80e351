/** Trains a small network on drawn faces: `npm run build`, then `node examples/small_network.mjs`. */
import * as fer from 'fer-tui';

const { splits, classes } = await fer.loadDataset('synthetic:700');
const preprocess = fer.fitPreprocess('mean', splits.train);
const source = new fer.BatchSource(splits.train, { batchSize: 28, preprocess, shuffle: true, seed: 1 });

const gpu = await fer.openGpu();
const model = new fer.Sequential(
  'small',
  [48, 48, 1],
  [
    fer.Conv2D({ filters: 8, strides: 2 }),
    fer.ELU(),
    fer.BatchNormalization({ momentum: 0.9 }), // a short training: the moving averages must keep up
    fer.MaxPooling2D(),
    fer.Conv2D({ filters: 16 }),
    fer.ELU(),
    fer.Flatten(),
    fer.Dense({ units: classes.length }),
    fer.Softmax(),
  ],
);
const learner = new fer.Learner(gpu, model, { optimizer: fer.adam({ learningRate: 2e-3 }), seed: 1 });

for (let epoch = 0; epoch < 8; epoch++) {
  for (let i = 0; i < source.batchesPerEpoch; i++) {
    const { images, labels } = source.batch(epoch, i);
    await learner.train(images, labels);
  }
  console.log(`epoch ${epoch + 1}  loss ${(await learner.metrics()).at(-1)?.loss.toFixed(3)}`);
}
const { accuracy } = await fer.evaluateSplit(learner, splits.validation, preprocess);
console.log(
  `validation accuracy ${(100 * accuracy).toFixed(1)} %, chance is ${(100 / classes.length).toFixed(1)} %`,
);
gpu.close();
