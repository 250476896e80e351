import type { ArgsOf } from '../declaration.js';
import { FOLDER, RUN_NAME } from './runs.js';
import { ADAPTER } from './shared.js';

export const REPORT = {
  usage: 'report <name>',
  describe: 'Write a run as one HTML page: curves, classes, calibration, filters, mistakes, settings',
  positionals: RUN_NAME,
  options: {
    ...FOLDER,
    out: {
      type: 'string',
      requiresArg: true,
      describe: "file to write (default: report.html in the run's folder)",
    },
    data: {
      type: 'string',
      requiresArg: true,
      describe: 'where the data set of the run is now (default: where it was)',
    },
    adapter: ADAPTER,
  },
} as const;

export type ReportArgs = ArgsOf<typeof REPORT>;
