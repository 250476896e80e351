import { BENCH_PARTS } from '../../bench/parts.js';
import type { ArgsOf } from '../declaration.js';
import { ADAPTER } from './shared.js';

export const BENCH = {
  usage: 'bench [parts..]',
  describe: 'Measure all kernel variants, training steps and inference on this adapter',
  positionals: {
    parts: {
      type: 'string',
      array: true,
      choices: BENCH_PARTS,
      default: [],
      describe: 'what to measure (default: both)',
    },
  },
  options: {
    filter: { type: 'string', requiresArg: true, describe: "part of a kernel's name, e.g. 12x12" },
    batch: { type: 'number', requiresArg: true, default: 28, describe: 'images per batch' },
    seconds: { type: 'number', requiresArg: true, default: 1, describe: 'length of each measurement' },
    quick: { type: 'boolean', default: false, describe: 'one network, short measurements' },
    out: { type: 'string', requiresArg: true, describe: 'write the result to this file' },
    compare: { type: 'string', requiresArg: true, describe: 'file of an earlier result to compare with' },
    adapter: ADAPTER,
  },
  examples: [
    ['$0 bench', 'everything, with medians'],
    ['$0 bench steps --out old.json', 'one part, kept for --compare old.json'],
  ],
} as const;

export type BenchArgs = ArgsOf<typeof BENCH>;
