import { LOSS_CURVE, TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';
import type { LabSettings } from './kit/workbench.js';

/**
 * All four go against the gradient. Momentum sums past gradients; RMSprop and Adam divide each weight's step by the usual size
 * of its gradient, so a rate of 0.001 suits most networks. Each runs at Keras's default rate.
 */
export const optimizer = defineLab({
  name: 'optimizer',
  question: 'What do momentum, RMSprop and Adam add to plain gradient descent?',
  faces: 700,
  epochs: 8,
  measures: { loss: TRAINING_LOSS, validation: VALIDATION_ACCURACY },
  plot: LOSS_CURVE,
  variants: [
    { name: 'SGD', settings: { optimizer: 'sgd', lr: 0.01, momentum: 0 } },
    { name: 'momentum 0.9', settings: { optimizer: 'sgd', lr: 0.01, momentum: 0.9 } },
    { name: 'RMSprop', settings: { optimizer: 'rmsprop', lr: 0.001 } },
    { name: 'Adam', settings: { optimizer: 'adam', lr: 0.001 } },
  ] satisfies { name: string; settings: LabSettings }[],
  run: async ({ settings }: { settings: LabSettings }, bench) => {
    const trained = await bench.train(smallNetwork({ classes: bench.classes, norm: false }), settings);
    return {
      numbers: { loss: trained.last('loss'), validation: trained.last('validationAccuracy') },
      curve: trained.curve('loss'),
    };
  },
  notice: (results) =>
    finding(
      'momentum and Adam get further in the same number of steps than plain gradient descent',
      higher(results, { measure: 'loss', high: 'SGD', low: 'momentum 0.9' }),
      higher(results, { measure: 'loss', high: 'SGD', low: 'Adam' }),
    ),
});
