import type { ArgsOf } from '../declaration.js';
import { ADAPTER } from './shared.js';

export const TUNE = {
  usage: 'tune',
  describe: 'Measure once which kernels are fastest on this adapter; training and inference then use them',
  options: {
    model: {
      type: 'string',
      array: true,
      requiresArg: true,
      default: [],
      describe: 'networks to tune for (default: all)',
    },
    batch: {
      type: 'number',
      array: true,
      requiresArg: true,
      default: [28, 64],
      describe: 'batch sizes of training',
    },
    predict: {
      type: 'number',
      array: true,
      requiresArg: true,
      default: [1, 28, 64],
      describe: 'batch sizes of inference',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'file for the result (default: in the cache folder)',
    },
    adapter: ADAPTER,
  },
  examples: [
    ['$0 tune', 'for all networks'],
    ['$0 tune --model fer-cnn --batch 28 --predict 1', 'for one of them, in the sizes that it is used with'],
  ],
} as const;

export type TuneArgs = ArgsOf<typeof TUNE>;
