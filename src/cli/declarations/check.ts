import type { ArgsOf } from '../declaration.js';
import { ADAPTER, DATA } from './shared.js';

export const CHECK = {
  usage: 'check',
  describe: 'Check that training works: the first loss is near ln 7, and 140 images can be memorized',
  options: {
    data: { ...DATA, demandOption: false, default: 'synthetic' },
    adapter: ADAPTER,
  },
} as const;

export type CheckArgs = ArgsOf<typeof CHECK>;
