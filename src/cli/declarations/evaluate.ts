import { SPLIT_NAMES } from '../../data/types.js';
import type { ArgsOf } from '../declaration.js';
import { DATA, FERPLUS, LABELS, LIMIT, MEASURED, TTA, WEIGHTS } from './shared.js';

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
  },
  examples: [
    ['$0 evaluate --data fer2013.csv --split test', 'the best shipped network on PrivateTest'],
    ['$0 evaluate --weights r1 --data fer2013.csv --tta flip', 'a run, each face and its mirror image'],
  ],
} as const;

export type EvaluateArgs = ArgsOf<typeof EVALUATE>;
