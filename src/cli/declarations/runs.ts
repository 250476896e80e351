import type { ArgsOf } from '../declaration.js';

/** Options of the commands that read runs. */
export const FOLDER = {
  folder: { type: 'string', requiresArg: true, default: 'runs', describe: 'folder that holds the runs' },
} as const;
export const RUN_NAME = {
  name: { type: 'string', demandOption: true, completes: 'runs', describe: 'name of a run, e.g. r1' },
} as const;

export const LIST_RUNS = {
  usage: ['$0', 'list'],
  describe: 'List all runs, the latest first',
  options: FOLDER,
  examples: [['$0 runs', 'all runs in runs/']],
} as const;

export const SHOW_RUN = {
  usage: 'show <name>',
  describe: 'Show the curves and settings of a run',
  positionals: RUN_NAME,
  options: FOLDER,
  examples: [['$0 runs show r1', 'its curves and classes']],
} as const;

export const COMPARE_RUNS = {
  usage: 'compare <names..>',
  describe: 'Show the curves of several runs on one chart, and the settings that differ',
  positionals: {
    names: {
      type: 'string',
      array: true,
      completes: 'runs',
      demandOption: true,
      describe: 'names of runs, e.g. r1 r2',
    },
  },
  options: FOLDER,
  examples: [['$0 runs compare r1 r2', 'settings and results side by side']],
} as const;

export const EXPORT_HISTORY = {
  usage: 'export-history <name>',
  describe: "Print a run's metrics as CSV, one line per epoch",
  positionals: RUN_NAME,
  options: FOLDER,
  examples: [['$0 export-history r1 > r1.csv', 'for a spreadsheet']],
} as const;

export type ListRunsArgs = ArgsOf<typeof LIST_RUNS>;
export type ShowRunArgs = ArgsOf<typeof SHOW_RUN>;
export type CompareRunsArgs = ArgsOf<typeof COMPARE_RUNS>;
export type ExportHistoryArgs = ArgsOf<typeof EXPORT_HISTORY>;
