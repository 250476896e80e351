/** Trains a small network on drawn faces and prints its accuracy: `node examples/small_network.mjs` after `npm run build`. */
import {
  adam,
  BatchNormalization,
  BatchSource,
  Conv2D,
  Dense,
  ELU,
  evaluateSplit,
  Flatten,
  fitPreprocess,
  Learner,
  loadDataset,
  MaxPool2D,
  openGpu,
  Sequential,
  Softmax,
} from 'fer-tui';

const { splits, classes } = await loadDataset('synthetic:700');
const preprocess = fitPreprocess('mean', splits.train);
const source = new BatchSource(splits.train, { batchSize: 28, preprocess, shuffle: true, seed: 1 });

const gpu = await openGpu();
const model = new Sequential(
  'small',
  [48, 48, 1],
  [
    Conv2D({ filters: 8, strides: 2 }),
    ELU(),
    BatchNormalization(),
    MaxPool2D(),
    Conv2D({ filters: 16 }),
    ELU(),
    BatchNormalization(),
    MaxPool2D(),
    Flatten(),
    Dense({ units: classes.length }),
    Softmax(),
  ],
);
const learner = new Learner(gpu, model, { optimizer: adam({ learningRate: 3e-3 }), seed: 1 });

for (let epoch = 0; epoch < 6; epoch++) {
  for (let i = 0; i < source.batchesPerEpoch; i++) {
    const { images, labels } = source.batch(epoch, i);
    await learner.train(images, labels);
  }
  const steps = await learner.metrics();
  console.log(`epoch ${epoch + 1}  loss ${steps.at(-1)?.loss.toFixed(3)}`);
}
const { accuracy } = await evaluateSplit(learner, splits.validation, preprocess);
console.log(
  `validation accuracy ${(100 * accuracy).toFixed(1)} %, chance is ${(100 / classes.length).toFixed(1)} %`,
);
gpu.close();
