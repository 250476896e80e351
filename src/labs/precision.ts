import { LOSS_CURVE, SPEED, TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, within } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * Half precision stores 11 significant bits in place of 24. Here convolutions store the values between their kernels as halves;
 * all arithmetic, weights and sums stay float32. Each step rounds a little differently; what matters is whether the training
 * as a whole ends worse.
 */
export const precision = defineLab({
  name: 'precision',
  question: 'Does training suffer if convolutions store halves?',
  faces: 700,
  epochs: 6,
  measures: { loss: TRAINING_LOSS, validation: VALIDATION_ACCURACY, speed: SPEED },
  plot: LOSS_CURVE,
  variants: [
    { name: 'float32', precision: 'float32' },
    { name: 'mixed_float16', precision: 'mixed_float16' },
  ],
  run: async ({ precision }, bench) => {
    const network = smallNetwork({ classes: bench.classes, filters: [16, 32, 64] });
    const trained = await bench.train(network, { precision });
    return {
      numbers: {
        ...{ loss: trained.last('loss'), validation: trained.last('validationAccuracy') },
        speed: trained.imgPerS,
      },
      curve: trained.curve('loss'),
    };
  },
  notice: (results) =>
    finding(
      'storing halves changes the result no more than another seed does',
      within(results, { measure: 'validation', a: 'mixed_float16', b: 'float32' }),
    ),
});
