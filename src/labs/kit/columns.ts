import type { Measure, Plot } from './outcome.js';

/** Measures and plots that several labs share. */

/** Loss of the last epoch, taken while training. */
export const TRAINING_LOSS: Measure = { title: 'training loss', format: 'decimal' };
/** Accuracy on the training faces after the last step, without dropout and augmentation. */
export const TRAINING_ACCURACY: Measure = { title: 'training accuracy', format: 'share' };
/** Accuracy on faces that training never saw, after the last epoch. */
export const VALIDATION_ACCURACY: Measure = { title: 'validation accuracy', format: 'share' };
/** Training minus validation accuracy. */
export const GAP: Measure = { title: 'gap', format: 'share' };

/** Images a second in training. It differs from run to run, and with what else the machine does. */
export const SPEED: Measure = { title: 'img/s', format: 'whole', timed: true };

/** The accuracy of guessing at random. */
const chance = (classes: number) => ({ y: 1 / classes, label: 'chance' });
/** The loss of guessing at random. */
const guessing = (classes: number) => ({ y: Math.log(classes), label: `ln ${classes}` });

export const VALIDATION_CURVE: Plot = {
  title: 'validation accuracy by epoch',
  x: 'epoch',
  share: true,
  level: chance,
};
export const LOSS_CURVE: Plot = { title: 'training loss by epoch', x: 'epoch', level: guessing };
export const STEP_CURVE: Plot = { title: 'training loss by step', x: 'step', level: guessing };
