import { BatchSource } from '../data/batches.js';
import { limitSplit } from '../data/rows.js';
import { TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { rootMeanSquare } from './kit/gradients.js';
import { defineLab } from './kit/lab.js';
import { deepStack } from './kit/networks.js';

const DEPTH = 10;
/** Faces of the traced batch. */
const TRACED = 28;

/**
 * The gradient of an early layer is a product over all later ones. Where each factor is below 1, it vanishes: the slope of a
 * sigmoid is 1/4 at most. Batch norm sets the scale of every layer anew. The gradients are those of the untrained network, for
 * validation faces, which no training here ever sees.
 */
export const vanishing = defineLab({
  name: 'vanishing',
  question: 'How much of the gradient reaches the first layer of a deep network?',
  faces: 700,
  epochs: 10,
  measures: {
    first: { title: 'gradient, layer 2', format: 'power' },
    last: { title: `gradient, layer ${DEPTH}`, format: 'power' },
    ratio: { title: 'ratio', format: 'power' },
    loss: TRAINING_LOSS,
    validation: VALIDATION_ACCURACY,
  },
  plot: { title: 'gradient by layer, before training', x: 'layer', log: true },
  variants: [
    { name: 'sigmoid', activation: 'sigmoid', norm: false },
    { name: 'sigmoid, batch norm', activation: 'sigmoid', norm: true },
    { name: 'ReLU', activation: 'relu', norm: false },
    { name: 'ReLU, batch norm', activation: 'relu', norm: true },
  ],
  run: async ({ activation, norm }, bench) => {
    const network = () => deepStack({ classes: bench.classes, depth: DEPTH, activation, norm });
    const { learner, plan } = bench.prepare(network());
    const unseen = limitSplit(bench.dataset.splits.validation, TRACED);
    const { images, labels } = new BatchSource(unseen, {
      batchSize: TRACED,
      preprocess: plan.preprocess,
    }).batch(0, 0);
    const { weightGradients } = await learner.trace(images, labels);
    // The first convolution has one input channel and other weights than the rest.
    const curve = Array.from({ length: DEPTH - 1 }, (_, i) => ({
      x: i + 2,
      y: rootMeanSquare(weightGradients.get(`conv2d_${i + 1}/kernel`)),
    }));
    const [first, last] = [curve[0]?.y ?? Number.NaN, curve.at(-1)?.y ?? Number.NaN];
    const trained = await bench.train(network(), { optimizer: 'sgd', momentum: 0.9, lr: 0.02 });
    return {
      numbers: {
        ...{ first, last, ratio: first / last },
        loss: trained.last('loss'),
        validation: trained.last('validationAccuracy'),
      },
      curve,
    };
  },
  notice: (results) =>
    finding(
      `${DEPTH} sigmoids let the gradient vanish and learn nothing, and batch norm mends both`,
      higher(results, { measure: 'ratio', high: 'sigmoid, batch norm', low: 'sigmoid' }),
      higher(results, { measure: 'loss', high: 'sigmoid', low: 'sigmoid, batch norm' }),
    ),
});
