import type { ArgsOf } from '../declaration.js';
import { DATA, FIT, FITTED_OUT, NETWORK, TTA, TTA_FITTED } from './shared.js';

export const CALIBRATE = {
  usage: 'calibrate <file>',
  describe: 'Fit a temperature that makes the probabilities of a network mean what they say',
  positionals: {
    file: NETWORK,
  },
  options: {
    out: FITTED_OUT,
    data: DATA,
    tta: { ...TTA, describe: TTA_FITTED },
    ...FIT,
  },
  examples: [
    ['$0 calibrate runs/r1/best.safetensors --data fer2013.csv', 'calibrate a run'],
    ['$0 calibrate fer-vgg --data fer2013.csv --out calibrated.safetensors', 'calibrate a shipped network'],
  ],
} as const;

export type CalibrateArgs = ArgsOf<typeof CALIBRATE>;
