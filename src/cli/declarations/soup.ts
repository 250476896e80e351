import { SOUPS } from '../../ensemble/methods.js';
import type { ArgsOf } from '../declaration.js';
import { DATA, FIT } from './shared.js';

const { seed: _, ...fit } = FIT;

export const SOUP = {
  usage: 'soup <weights..>',
  describe: 'Average the weights of several trainings of one network into one network',
  positionals: {
    weights: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'weight files of one architecture, or runs',
    },
  },
  options: {
    out: {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      describe: 'file to write: FILE.safetensors',
    },
    method: {
      choices: SOUPS,
      default: 'greedy',
      describe: 'greedy: only those that do not lower the accuracy on the validation images; uniform: all',
    },
    data: DATA,
    ...fit,
  },
  examples: [
    ['$0 soup runs/r1 runs/r2 runs/r3 --data fer2013.csv --out soup.safetensors', 'keep what helps'],
    ['$0 soup runs/r1/epochs/*.safetensors --data fer2013.csv --out soup.safetensors', 'of one training'],
  ],
} as const;

export type SoupArgs = ArgsOf<typeof SOUP>;
