import { METHODS } from '../../ensemble/methods.js';
import type { ArgsOf } from '../declaration.js';
import { DATA, FIT, TTA } from './shared.js';

export const ENSEMBLE = {
  usage: 'ensemble <weights..>',
  describe: 'Let several networks vote: find their shares, and what each of them gains',
  positionals: {
    weights: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'weight files, or names of networks in models/ or of runs',
    },
  },
  options: {
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'write an ensemble file, which every --weights takes: FILE.json',
    },
    method: {
      choices: METHODS,
      default: 'fitted',
      describe: 'whose shares to write: those with the lowest loss, those of greedy selection, or equal ones',
    },
    rounds: { type: 'number', requiresArg: true, default: 25, describe: 'rounds of greedy selection' },
    tta: TTA,
    data: DATA,
    ...FIT,
  },
  examples: [
    ['$0 ensemble fer-vgg fer-cnn --data fer2013.csv --tta flip --out both.json', 'fit and write'],
    ['$0 evaluate --weights both.json --data fer2013.csv --split test --tta flip', 'what it gains elsewhere'],
  ],
} as const;

export type EnsembleArgs = ArgsOf<typeof ENSEMBLE>;
