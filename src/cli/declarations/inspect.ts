import { SPLIT_NAMES } from '../../data/types.js';
import type { ArgsOf } from '../declaration.js';
import { ADAPTER, DATA, FOREIGN, OUTPUTS_AND_DATA, SCREEN, SKIP_BAD, SKIP_UNKNOWN } from './shared.js';

export const INSPECT = {
  usage: 'inspect [weights]',
  describe: 'Look into a network: what it sees in a face, what its layers answer to, where it is wrong',
  positionals: {
    weights: {
      type: 'string',
      describe:
        'weight file, run, or the name of a network in models/ (default: the best of those); see docs/inspect.md',
    },
  },
  options: {
    image: { type: 'string', requiresArg: true, describe: 'picture of one face to look at' },
    data: {
      ...DATA,
      demandOption: false,
      describe: 'data set to look at: file, folder, or "synthetic" (default: drawn faces)',
    },
    split: { choices: SPLIT_NAMES, default: 'validation', describe: 'part of the data set' },
    sample: {
      type: 'number',
      requiresArg: true,
      describe: 'index of one face of the data set to look at',
    },
    limit: {
      type: 'number',
      requiresArg: true,
      describe:
        'use only N faces of the data set: the first, or evenly spread ones where the data are sorted by class',
    },
    methods: {
      type: 'string',
      requiresArg: true,
      describe:
        'methods to use: a,b,c or "all" (default with --image or --sample: those of one face; else: all)',
    },
    class: {
      type: 'string',
      requiresArg: true,
      describe: 'class to explain, by name or index (default: all, or the most probable one)',
    },
    layer: {
      type: 'string',
      requiresArg: true,
      describe: 'layer whose maps to look at (default: the end of the last block of convolutions)',
    },
    channels: {
      type: 'string',
      requiresArg: true,
      describe: 'channels of that layer: 0,5,7 (default: 0 to 7)',
    },
    seed: { type: 'number', requiresArg: true, default: 7, describe: 'seed of everything drawn at random' },
    out: { type: 'string', requiresArg: true, describe: 'folder for the pictures as PNG, and inspect.json' },
    html: { type: 'string', requiresArg: true, describe: 'file for everything as one HTML page' },
    ...FOREIGN,
    classes: OUTPUTS_AND_DATA,
    'skip-bad': SKIP_BAD,
    'skip-unknown': SKIP_UNKNOWN,
    ascii: SCREEN.ascii,
    adapter: ADAPTER,
  },
  examples: [['$0 inspect r1 --out inspection', 'what a run has learnt, as pictures']],
} as const;

export type InspectArgs = ArgsOf<typeof INSPECT>;
