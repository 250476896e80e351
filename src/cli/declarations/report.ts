import type { ArgsOf } from '../declaration.js';
import { FOLDER } from './runs.js';
import { ADAPTER } from './shared.js';

export const REPORT = {
  usage: 'report <name>',
  describe:
    'Write a run or a study as one HTML page: curves, classes, mistakes, settings; trials, importance',
  positionals: {
    name: {
      type: 'string',
      demandOption: true,
      completes: ['runs', 'studies'],
      describe: 'a run, e.g. r1, or a study, e.g. s1; name or folder',
    },
  },
  options: {
    ...FOLDER,
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'file to write (default: report.html in the folder of the run or study)',
    },
    data: {
      type: 'string',
      requiresArg: true,
      describe: 'where the data set of the run is now (default: where it was)',
    },
    adapter: ADAPTER,
  },
  examples: [['$0 report r1 --out r1.html', 'a run as a page']],
} as const;

export type ReportArgs = ArgsOf<typeof REPORT>;
