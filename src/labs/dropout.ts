import {
  GAP,
  TRAINING_ACCURACY,
  TRAINING_LOSS,
  VALIDATION_ACCURACY,
  VALIDATION_CURVE,
} from './kit/columns.js';
import { beside, finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * A network that is larger than its task learns the training faces by heart. Dropout (Srivastava et al. 2014) hides a random
 * share of the values from every step, so that no unit can rely on another.
 */
export const dropout = defineLab({
  name: 'dropout',
  question: 'Does dropout keep a network from learning its faces by heart?',
  faces: 350,
  epochs: 24,
  measures: {
    loss: TRAINING_LOSS,
    training: TRAINING_ACCURACY,
    validation: VALIDATION_ACCURACY,
    gap: GAP,
  },
  plot: VALIDATION_CURVE,
  variants: [
    { name: 'none', rate: 0 },
    { name: 'rate 0.25', rate: 0.25 },
    { name: 'rate 0.5', rate: 0.5 },
  ],
  run: async ({ rate }, bench) => {
    const network = smallNetwork({ classes: bench.classes, dropout: rate });
    const trained = await bench.train(network);
    const validation = trained.last('validationAccuracy');
    return {
      numbers: {
        ...{ loss: trained.last('loss'), training: trained.fit, validation },
        gap: trained.fit - validation,
      },
      curve: trained.curve('validationAccuracy'),
    };
  },
  notice: (results) =>
    finding(
      'dropout narrows the gap between training and validation accuracy',
      higher(results, { measure: 'gap', high: 'none', low: 'rate 0.5' }),
      beside(results, 'validation', 'none', 'rate 0.5'),
    ),
});
