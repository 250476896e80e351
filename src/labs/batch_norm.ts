import { LOSS_CURVE, TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * Batch norm (Ioffe & Szegedy 2015) gives every channel mean 0 and variance 1 over the batch. So no layer has to follow the
 * scale of the one before, and a network learns faster.
 */
export const batchNorm = defineLab({
  name: 'batch-norm',
  question: 'Does a network learn faster with batch norm?',
  faces: 700,
  epochs: 8,
  measures: { loss: TRAINING_LOSS, validation: VALIDATION_ACCURACY },
  plot: LOSS_CURVE,
  variants: [
    { name: 'without', norm: false, lr: 0.01 },
    { name: 'with', norm: true, lr: 0.01 },
    { name: 'without, rate x 10', norm: false, lr: 0.1 },
    { name: 'with, rate x 10', norm: true, lr: 0.1 },
  ],
  run: async ({ norm, lr }, bench) => {
    const network = smallNetwork({ classes: bench.classes, norm });
    const trained = await bench.train(network, { optimizer: 'sgd', momentum: 0.9, lr });
    return {
      numbers: { loss: trained.last('loss'), validation: trained.last('validationAccuracy') },
      curve: trained.curve('loss'),
    };
  },
  notice: (results) =>
    finding(
      'batch norm makes the training loss fall faster at the same learning rate',
      higher(results, { measure: 'loss', high: 'without', low: 'with' }),
    ),
});
