import { LOSS_CURVE, TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher } from './kit/finding.js';
import { rootMeanSquare } from './kit/gradients.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * The slope of a sigmoid is 1/4 at most, that of ELU and ReLU is 1 for positive values. Each sigmoid layer therefore shrinks the
 * gradient on its way back. There is no batch norm here, which would hide the difference.
 */
export const activation = defineLab({
  name: 'activation',
  question: 'Why do networks of today use ELU or ReLU and not the sigmoid?',
  faces: 700,
  epochs: 10,
  measures: {
    gradient: { title: 'first gradient', format: 'power' },
    loss: TRAINING_LOSS,
    validation: VALIDATION_ACCURACY,
  },
  plot: LOSS_CURVE,
  variants: [
    { name: 'ELU', activation: 'elu' },
    { name: 'ReLU', activation: 'relu' },
    { name: 'sigmoid', activation: 'sigmoid' },
  ],
  run: async ({ activation }, bench) => {
    const network = () => smallNetwork({ classes: bench.classes, activation, norm: false });
    const { learner, plan } = bench.prepare(network());
    const { images, labels } = plan.source.batch(0, 0);
    const { weightGradients } = await learner.trace(images, labels);
    const trained = await bench.train(network());
    return {
      numbers: {
        gradient: rootMeanSquare(weightGradients.get('conv2d/kernel')),
        loss: trained.last('loss'),
        validation: trained.last('validationAccuracy'),
      },
      curve: trained.curve('loss'),
    };
  },
  notice: (results) =>
    finding(
      'sigmoids shrink the gradient of the first layer, and the network learns more slowly',
      higher(results, { measure: 'gradient', high: 'ReLU', low: 'sigmoid' }),
      higher(results, { measure: 'loss', high: 'sigmoid', low: 'ReLU' }),
    ),
});
