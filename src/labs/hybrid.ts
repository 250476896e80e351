import { TRAINING_ACCURACY, VALIDATION_ACCURACY, VALIDATION_CURVE } from './kit/columns.js';
import { beside, finding, higher } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/**
 * Local binary patterns are designed features; convolutions learn theirs. The reference work joined both before the dense layers,
 * and found no gain on FER-2013. Softmax regression on the patterns alone is the classical method. Every variant has the same
 * dense layers, but for the last. Accuracy is that of faces which training never saw.
 */
export const hybrid = defineLab({
  name: 'hybrid',
  question: 'Do designed features help a network that learns its own?',
  faces: 700,
  epochs: 10,
  measures: {
    weights: { title: 'weights', format: 'whole' },
    training: TRAINING_ACCURACY,
    validation: VALIDATION_ACCURACY,
  },
  plot: VALIDATION_CURVE,
  variants: [
    { name: 'raw', features: 'raw', units: 32 },
    { name: 'LBP', features: 'lbp', units: 32 },
    { name: 'raw+LBP', features: 'raw+lbp', units: 32 },
    {
      ...{ name: 'LBP, softmax regression', features: 'lbp', units: 0 },
      note: 'the classical baseline: no hidden layer',
    },
  ],
  run: async ({ features, units }, bench) => {
    const network = await bench.withFeatures({ features }, (designed) =>
      smallNetwork({ classes: bench.classes, units, features: designed }),
    );
    const trained = await bench.train(network);
    return {
      numbers: {
        weights: network.summary().trainable,
        training: trained.fit,
        validation: trained.last('validationAccuracy'),
      },
      curve: trained.curve('validationAccuracy'),
    };
  },
  notice: (results) =>
    finding(
      'both kinds of features together are better than pixels alone',
      higher(results, { measure: 'validation', high: 'raw+LBP', low: 'raw' }),
      beside(results, 'validation', 'LBP', 'LBP, softmax regression'),
    ),
});
