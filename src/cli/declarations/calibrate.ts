import type { ArgsOf } from '../declaration.js';
import { DATA, FIT } from './shared.js';

export const CALIBRATE = {
  usage: 'calibrate <file>',
  describe: 'Fit a temperature that makes the probabilities of a network mean what they say',
  positionals: {
    file: {
      type: 'string',
      demandOption: true,
      describe: 'weight file, e.g. runs/r1/best.safetensors or a .h5, or the name of a network in models/',
    },
  },
  options: {
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'file to write (default: a .safetensors is changed itself, others become NAME.safetensors)',
    },
    data: DATA,
    ...FIT,
  },
  examples: [
    ['$0 calibrate runs/r1/best.safetensors --data fer2013.csv', 'calibrate a run'],
    ['$0 calibrate fer-vgg --data fer2013.csv --out calibrated.safetensors', 'calibrate a shipped network'],
  ],
} as const;

export type CalibrateArgs = ArgsOf<typeof CALIBRATE>;
