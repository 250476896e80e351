import { RANKINGS } from '../../noise/confident_learning.js';
import type { ArgsOf } from '../declaration.js';
import { ADAPTER, CLASSES, DATA, SCREEN, SKIP_BAD } from './shared.js';

export const NOISE = {
  usage: 'noise',
  describe: 'Find wrong labels, duplicates and pictures that are no faces in a data set',
  options: {
    data: DATA,
    classes: CLASSES,
    folds: {
      type: 'number',
      least: 2,
      whole: true,
      requiresArg: true,
      default: 5,
      describe: 'folds: as many networks are trained, each predicts the faces that it has not seen',
    },
    probabilities: {
      type: 'string',
      requiresArg: true,
      describe: 'CSV file with the probabilities of all training images, in place of the trainings',
    },
    config: {
      type: 'string',
      requiresArg: true,
      describe: 'settings of the trainings, as in "fer-tui train --config"',
    },
    epochs: { type: 'number', requiresArg: true, describe: 'epochs of each training (default: 10)' },
    out: {
      type: 'string',
      requiresArg: true,
      default: 'noise',
      describe: 'folder of the trainings and their probabilities; what it has already is not trained again',
    },
    rank: {
      choices: RANKINGS,
      default: 'self-confidence',
      describe:
        'rank suspects by the probability of their label, or by its margin to the likeliest other class',
    },
    labels: {
      type: 'string',
      requiresArg: true,
      describe: 'file with decisions (labels.csv); images in it are no suspects any more',
    },
    ferplus: {
      type: 'string',
      requiresArg: true,
      describe: "FER+'s fer2013new.csv: how many suspects its ten people confirm",
    },
    top: {
      type: 'number',
      least: 0,
      whole: true,
      requiresArg: true,
      default: 20,
      describe: 'suspects to list',
    },
    csv: { type: 'string', requiresArg: true, describe: 'file for all suspects as CSV' },
    'skip-bad': SKIP_BAD,
    ascii: SCREEN.ascii,
    adapter: ADAPTER,
  },
  examples: [
    ['$0 noise --data fer2013.csv --epochs 8 --csv suspects.csv', 'trains five networks and lists suspects'],
    ['$0 noise --data fer2013.csv --probabilities p.csv --json', 'by the predictions of another program'],
  ],
} as const;

export type NoiseArgs = ArgsOf<typeof NOISE>;
