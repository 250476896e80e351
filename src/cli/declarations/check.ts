import type { ArgsOf } from '../declaration.js';
import { ADAPTER, CLASSES, DATA, SKIP_BAD } from './shared.js';

export const CHECK = {
  usage: 'check',
  describe: 'Check that training works: the first loss is that of guessing, and 140 images can be memorized',
  options: {
    data: { ...DATA, demandOption: false, default: 'synthetic' },
    classes: CLASSES,
    'skip-bad': SKIP_BAD,
    adapter: ADAPTER,
  },
  examples: [['$0 check', 'both checks, on drawn faces']],
} as const;

export type CheckArgs = ArgsOf<typeof CHECK>;
