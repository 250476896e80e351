import type { ArgsOf } from '../declaration.js';
import { ADAPTER, CLASSES, DATA, SCREEN, SKIP_BAD } from './shared.js';

export const LAB = {
  usage: 'lab [name]',
  describe: 'Run an experiment of a few minutes about how training works; without a name: list them',
  positionals: {
    name: { type: 'string', describe: 'name of the lab, e.g. dropout' },
  },
  options: {
    all: { type: 'boolean', default: false, describe: 'run all labs, one after another' },
    data: { ...DATA, demandOption: false, default: 'synthetic' },
    classes: CLASSES,
    seeds: {
      type: 'string',
      requiresArg: true,
      default: '1,2,3',
      describe:
        'seeds of initial weights, order of faces, dropout and augmentation: one run of every variant for each',
    },
    faces: {
      type: 'number',
      least: 1,
      whole: true,
      requiresArg: true,
      defaultDescription: "the lab's own number",
      describe: 'training faces, chosen at random',
    },
    epochs: {
      type: 'number',
      least: 1,
      whole: true,
      requiresArg: true,
      defaultDescription: "the lab's own number",
      describe: 'passes over the training faces',
    },
    quick: { type: 'boolean', default: false, describe: 'a quarter of the epochs, to see how it goes' },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'folder for the runs and curves as CSV and the plot as SVG',
    },
    'skip-bad': SKIP_BAD,
    ascii: SCREEN.ascii,
    adapter: ADAPTER,
  },
  examples: [
    ['$0 lab', 'lists the experiments'],
    ['$0 lab init', 'runs one'],
  ],
} as const;

export type LabArgs = ArgsOf<typeof LAB>;
