import {
  GAP,
  TRAINING_ACCURACY,
  TRAINING_LOSS,
  VALIDATION_ACCURACY,
  VALIDATION_CURVE,
} from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * Mirrored, turned, shifted and scaled faces keep their expression. With augmentation no step sees quite the same face again, so
 * the network cannot learn single faces by heart.
 */
export const augmentation = defineLab({
  name: 'augmentation',
  question: 'Are changed copies of few faces as good as more faces?',
  faces: 350,
  epochs: 24,
  measures: { loss: TRAINING_LOSS, training: TRAINING_ACCURACY, validation: VALIDATION_ACCURACY, gap: GAP },
  plot: VALIDATION_CURVE,
  variants: [
    { name: 'none', augment: 'none' },
    { name: 'mirrored', augment: 'flip' },
    { name: 'mirrored, moved', augment: 'flip,rotation=10,shift=0.1,zoom=0.1' },
  ],
  run: async ({ augment }, bench) => {
    const trained = await bench.train(smallNetwork({ classes: bench.classes }), { augment });
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
      'augmentation narrows the gap between training and validation accuracy, and raises the latter',
      higher(results, { measure: 'gap', high: 'none', low: 'mirrored, moved' }),
      higher(results, { measure: 'validation', high: 'mirrored, moved', low: 'none' }),
    ),
});
