import type { ArgsOf } from '../declaration.js';
import { DATA, FIT, FITTED_OUT, NETWORK, TTA, TTA_FITTED } from './shared.js';

export const BALANCE = {
  usage: 'balance <file>',
  describe: 'Raise the recall of some classes of a network, at the price of the others',
  positionals: {
    file: NETWORK,
  },
  options: {
    recall: {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'how many of 100 faces of a class should be recognised: Fear=55,Disgust=60',
    },
    strength: {
      type: 'number',
      requiresArg: true,
      default: 1,
      describe: 'share of the fitted offsets to store in the file, from 0 to 1: a point of the printed curve',
    },
    out: FITTED_OUT,
    data: DATA,
    tta: { ...TTA, describe: TTA_FITTED },
    ...FIT,
  },
  examples: [
    [
      '$0 balance fer-vgg --data fer2013.csv --recall Fear=55,Disgust=60 --out balanced.safetensors',
      'recognise more of two classes',
    ],
  ],
} as const;

export type BalanceArgs = ArgsOf<typeof BALANCE>;
