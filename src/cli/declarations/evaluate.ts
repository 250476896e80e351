import { PREPROCESS } from '../../data/preprocess.js';
import { SPLIT_NAMES } from '../../data/types.js';
import type { ArgsOf } from '../declaration.js';
import { DATA, FERPLUS, FOREIGN, LABELS, LIMIT, MEASURED, OUTPUTS_AND_DATA, TTA, WEIGHTS } from './shared.js';

export const EVALUATE = {
  usage: 'evaluate',
  describe: 'Print the loss, accuracy and confusion matrix of a weight file',
  options: {
    weights: WEIGHTS,
    data: DATA,
    split: { choices: SPLIT_NAMES, default: 'validation', describe: 'part of the data set' },
    limit: LIMIT,
    labels: LABELS,
    ...FERPLUS,
    tta: TTA,
    ...MEASURED,
    preprocess: {
      ...FOREIGN.preprocess,
      choices: [...PREPROCESS, 'auto'],
      describe: `${FOREIGN.preprocess.describe}; auto: try all on some images, and say which fits best`,
    },
    classes: {
      ...OUTPUTS_AND_DATA,
      describe: `${OUTPUTS_AND_DATA.describe}; auto: try the orders of the outputs that are usual, and all others`,
    },
  },
  examples: [
    ['$0 evaluate --data fer2013.csv --split test', 'the best shipped network on PrivateTest'],
    [
      '$0 evaluate --weights theirs.h5 --data fer2013.csv --preprocess auto --classes auto',
      'find out what a network of others expects',
    ],
    ['$0 evaluate --weights r1 --data fer2013.csv --tta flip', 'a run, each face and its mirror image'],
  ],
} as const;

export type EvaluateArgs = ArgsOf<typeof EVALUATE>;
