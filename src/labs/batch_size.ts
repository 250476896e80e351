import { spreadOf } from '../util/spread.js';
import { LOSS_CURVE, SPEED, TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * Small batches take many noisy steps for an epoch, large ones few exact ones; large ones use the device better. There is no
 * batch norm here: a batch of one has no variance.
 */
export const batchSize = defineLab({
  name: 'batch-size',
  question: 'What changes with the batch size: steps, noise, speed?',
  faces: 420,
  epochs: 6,
  measures: {
    steps: { title: 'steps', format: 'whole' },
    noise: { title: 'sd of the loss', format: 'decimal' },
    loss: TRAINING_LOSS,
    validation: VALIDATION_ACCURACY,
    speed: SPEED,
  },
  plot: LOSS_CURVE,
  variants: [
    { name: 'batch 1', batch: 1 },
    { name: 'batch 28', batch: 28 },
    { name: 'batch 256', batch: 256 },
  ],
  run: async ({ batch }, bench) => {
    const trained = await bench.train(smallNetwork({ classes: bench.classes, norm: false }), { batch });
    const { losses } = trained;
    const perEpoch = Math.round(losses.length / bench.epochs);
    return {
      numbers: {
        steps: losses.length,
        noise: spreadOf(losses.slice(-perEpoch)).sd,
        loss: trained.last('loss'),
        validation: trained.last('validationAccuracy'),
        speed: trained.imgPerS,
      },
      curve: trained.curve('loss'),
    };
  },
  notice: (results) =>
    finding(
      'with the same number of epochs, small batches learn more but more noisily, because they take more steps',
      higher(results, { measure: 'loss', high: 'batch 256', low: 'batch 28' }),
      higher(results, { measure: 'noise', high: 'batch 1', low: 'batch 28' }),
    ),
});
