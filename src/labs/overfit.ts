import { GAP, TRAINING_ACCURACY, VALIDATION_ACCURACY } from './kit/columns.js';
import { figure } from './kit/figures.js';
import { finding, higher, holds } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';

/** Passes over a subset grow as it shrinks, so that all variants take the same number of steps. */
const SIZES = [28, 140, 700] as const;
const BATCH = 28;

/**
 * A network that cannot learn a handful of faces by heart has a fault; that is the first thing to try with a new one. One that
 * can has learnt those faces, not expressions: on others its loss rises while its own falls.
 */
export const overfit = defineLab({
  name: 'overfit',
  question: 'What does a network know that has learnt a small subset by heart?',
  faces: 700,
  epochs: 6,
  measures: {
    training: TRAINING_ACCURACY,
    validation: VALIDATION_ACCURACY,
    gap: GAP,
    loss: { title: 'validation loss', format: 'decimal' },
  },
  plot: { title: 'validation loss by step', x: 'step', level: (n) => ({ y: Math.log(n), label: `ln ${n}` }) },
  variants: SIZES.map((size) => ({ name: `${size} faces`, size })),
  run: async ({ size }, bench) => {
    const all = bench.dataset.splits.train.labels.length;
    const epochs = Math.max(1, Math.round((bench.epochs * all) / Math.min(size, all)));
    const stepsPerEpoch = Math.ceil(Math.min(size, all) / BATCH);
    const trained = await bench.train(smallNetwork({ classes: bench.classes }), {
      limit: size,
      epochs,
      batch: BATCH,
    });
    const validation = trained.last('validationAccuracy');
    return {
      numbers: {
        ...{ training: trained.fit, validation, gap: trained.fit - validation },
        loss: trained.last('validationLoss'),
      },
      curve: trained.curve('validationLoss').map(({ x, y }) => ({ x: x * stepsPerEpoch, y })),
    };
  },
  notice: (results) => {
    const training = results.of('28 faces', 'training');
    return finding(
      'the network learns 28 faces by heart and learns little from them, and more faces narrow the gap',
      holds(training.mean >= 0.99, `training accuracy ${figure(training, 'share')} (28 faces)`),
      higher(results, { measure: 'validation', high: '700 faces', low: '28 faces' }),
      higher(results, { measure: 'gap', high: '28 faces', low: '700 faces' }),
    );
  },
});
