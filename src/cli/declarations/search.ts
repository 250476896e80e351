import { CV_DEFAULTS, SEARCH_DEFAULTS } from '../../study/defaults.js';
import { PRUNERS } from '../../study/pruners.js';
import { METHODS } from '../../study/samplers.js';
import { MONITORS } from '../../train/callbacks/monitor.js';
import type { ArgsOf } from '../declaration.js';
import { QUEUE, TRANSFER_LIMIT } from './queue.js';
import { settings, TRAIN } from './train.js';

const OUT = {
  type: 'string',
  requiresArg: true,
  describe: 'folder of the study (default: the next free studies/sN)',
} as const;

const OBJECTIVE = {
  choices: MONITORS,
  defaultDescription: SEARCH_DEFAULTS.objective,
  requiresArg: true,
  describe: 'what to compare trials by: the best of each over its epochs',
} as const;

const STUDY = {
  study: {
    type: 'string',
    demandOption: true,
    completes: 'studies folders',
    describe: 'folder of the study, e.g. studies/s1',
  },
} as const;

export const SEARCH = {
  usage: 'search [space]',
  describe: 'Search for good settings: trains with many, and compares them',
  examples: [
    ['$0 search examples/space.yaml --data fer2013.csv --epochs 10', 'search; ^C stops, --resume goes on'],
    ['$0 search --resume studies/s1', 'continue, even while another process works on it'],
    [
      '$0 search examples/space.yaml --queue redis://10.0.0.5',
      'by "fer-tui worker" on any number of machines',
    ],
  ],
  positionals: {
    space: { type: 'string', describe: 'YAML or JSON file with the settings to try; see docs/search.md' },
  },
  options: {
    resume: {
      type: 'string',
      requiresArg: true,
      completes: 'studies folders',
      describe: 'continue the study in this folder, with its own settings',
    },
    method: {
      choices: METHODS,
      requiresArg: true,
      defaultDescription: 'grid for up to 100 combinations, else random',
      describe: 'how to choose the settings of a trial',
    },
    trials: {
      type: 'number',
      least: 1,
      whole: true,
      requiresArg: true,
      defaultDescription: 'all of up to 100 combinations, else 20',
      describe: 'number of trials; with --resume: more than before',
    },
    pruner: {
      choices: PRUNERS,
      defaultDescription: SEARCH_DEFAULTS.pruner,
      requiresArg: true,
      describe: 'how to stop bad trials early',
    },
    'min-epochs': {
      type: 'number',
      requiresArg: true,
      defaultDescription: String(SEARCH_DEFAULTS.minEpochs),
      describe: 'pruner: train each trial for at least so long',
    },
    reduction: {
      type: 'number',
      requiresArg: true,
      defaultDescription: String(SEARCH_DEFAULTS.reduction),
      describe: 'pruner: one in so many trials goes on, for so many times the epochs',
    },
    objective: OBJECTIVE,
    prepare: {
      type: 'boolean',
      default: false,
      describe: 'only create the study, for "fer-tui trial"',
    },
    out: OUT,
    queue: QUEUE,
    'transfer-limit': TRANSFER_LIMIT,
    config: TRAIN.options.config,
    ...settings('out', 'save-steps'),
  },
} as const;

export const CV = {
  usage: 'cv [configs..]',
  describe: 'Cross-validate settings: trains on all folds but one, in turn, and compares configurations',
  examples: [
    ['$0 cv a.yaml b.yaml --data fer2013.csv --epochs 20', 'two configurations on the same five folds'],
    ['$0 cv --l2 0.001 --repeats 3', 'one configuration, its mean and deviation over 15 trainings'],
  ],
  positionals: {
    configs: {
      type: 'string',
      array: true,
      describe:
        'files with the settings of each configuration, as for "train --config" (default: one, by the options)',
    },
  },
  options: {
    resume: SEARCH.options.resume,
    folds: {
      type: 'number',
      least: 2,
      whole: true,
      requiresArg: true,
      defaultDescription: String(CV_DEFAULTS.folds),
      describe: 'parts of the training images; each is held out once',
    },
    repeats: {
      type: 'number',
      least: 1,
      whole: true,
      requiresArg: true,
      defaultDescription: String(CV_DEFAULTS.repeats),
      describe: 'repeat the division into folds this many times, each time in another way',
    },
    objective: { ...OBJECTIVE, describe: 'what to compare: its value after the last epoch' },
    prepare: SEARCH.options.prepare,
    out: OUT,
    queue: QUEUE,
    'transfer-limit': TRANSFER_LIMIT,
    ...settings('out', 'save-steps', 'fold', 'fold-seed'),
  },
} as const;

export const TRIAL = {
  usage: 'trial <study> <number>',
  describe: 'Run one trial of a study to its end, for example as a task of a Slurm array',
  examples: [['$0 trial studies/s1 $SLURM_ARRAY_TASK_ID', 'one task of sbatch --array=1-20']],
  positionals: {
    ...STUDY,
    number: {
      type: 'number',
      least: 1,
      whole: true,
      demandOption: true,
      describe: 'number of the trial, from 1',
    },
  },
} as const;

export type SearchArgs = ArgsOf<typeof SEARCH>;
export type CvArgs = ArgsOf<typeof CV>;
export type TrialArgs = ArgsOf<typeof TRIAL>;
