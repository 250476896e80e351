import type { ArgsOf } from '../declaration.js';
import { ADAPTER, CLASSES, DATA } from './shared.js';

export const CHECK = {
  usage: 'check',
  describe: 'Check that training works: the first loss is that of guessing, and 140 images can be memorized',
  options: {
    data: { ...DATA, demandOption: false, default: 'synthetic' },
    classes: CLASSES,
    adapter: ADAPTER,
  },
} as const;

export type CheckArgs = ArgsOf<typeof CHECK>;
