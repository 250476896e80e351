import type { ArgsOf } from '../declaration.js';

export const LIST_STUDIES = {
  usage: ['$0', 'list'],
  describe: 'List all studies, the latest first',
  options: {
    folder: {
      type: 'string',
      requiresArg: true,
      default: 'studies',
      describe: 'folder that holds the studies',
    },
  },
  examples: [['$0 studies', 'all studies in studies/']],
} as const;

export const SHOW_STUDY = {
  usage: 'show <name>',
  describe: 'Show the trials of a study, the best first',
  positionals: {
    name: {
      type: 'string',
      demandOption: true,
      completes: 'studies',
      describe: 'name or folder of a study, e.g. s1',
    },
  },
  options: {
    ...LIST_STUDIES.options,
    top: { type: 'number', least: 0, whole: true, requiresArg: true, describe: 'only so many of them' },
    csv: {
      type: 'boolean',
      default: false,
      describe: 'print all trials as CSV, in the order of their numbers',
    },
  },
  examples: [
    ['$0 studies show s1', 'best trials, importance and slices'],
    ['$0 studies show s1 --json', 'for a program'],
  ],
} as const;

export type ListStudiesArgs = ArgsOf<typeof LIST_STUDIES>;
export type ShowStudyArgs = ArgsOf<typeof SHOW_STUDY>;
