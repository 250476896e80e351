import { MODEL_CASES } from './model_option_cases.js';
import type { CommandCases, OptionCase } from './option_case.js';
import { STUDY_CASES } from './study_option_cases.js';

/** By the names of the declarations in src/cli/declarations. The settings of `train` have a test of their own. */
export const CASES: Readonly<Record<string, CommandCases>> = { ...MODEL_CASES, ...STUDY_CASES };

/** The options of every command, on commands that heed them. */
export const GLOBAL_CASES: Readonly<Record<string, readonly OptionCase[]>> = {
  json: Object.entries(CASES)
    .filter(([name]) => !['TUI', 'ATTACH', 'EXPORT_HISTORY', 'DETECT', 'WEBCAM', 'CHECK'].includes(name))
    .map(([name, { line }]) => ({
      from: line,
      add: ['--json'],
      // A worker says on stderr what it does, unless it says so in JSON.
      changes: name === 'WORKER' ? ['stderr', 'stdout'] : ['stdout'],
    })),
  quiet: ['TRAIN', 'WEBCAM', 'DETECT', 'CHECK', 'LAB', 'SEARCH', 'CV', 'TRIAL'].map((name) => ({
    ...{ from: CASES[name]?.line ?? [], add: ['--quiet'], changes: ['stderr'] },
  })),
  color: [
    { from: ['train'], add: ['--color', 'always'], changes: ['stderr'] },
    { from: ['runs', 'show', 'r1'], add: ['--color', 'always'], changes: ['stdout'] },
    { from: ['inspect'], add: ['--color', 'never'], screen: true, changes: ['stdout'] },
    { from: ['runs', 'compare', 'r1'], add: ['--color', 'always'], changes: ['stdout'] },
    { from: ['lab', 'dropout'], add: ['--color', 'always'], changes: ['stdout'] },
    ...['tui', 'train', 'webcam'].map((command) => ({
      from: command === 'webcam' ? ['webcam', '--source', 'demo'] : [command],
      add: ['--color', 'never'],
      screen: true,
      changes: ['tui.capability.color', 'tui.capability.graphics'],
    })),
  ],
};
