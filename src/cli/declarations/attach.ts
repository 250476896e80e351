import type { ArgsOf } from '../declaration.js';
import { ACCESSIBLE, SCREEN } from './shared.js';

export const ATTACH = {
  usage: 'attach <run>',
  describe: 'Follow and steer a training of another process, on the Train screen',
  positionals: {
    run: { type: 'string', demandOption: true, completes: 'runs', describe: 'a run, its name or its folder' },
  },
  options: { ...SCREEN, accessible: ACCESSIBLE },
  examples: [
    ['$0 attach r12', 'what r12 does now, begun in another terminal or with --no-tui'],
    ['$0 attach studies/s1/trials/t3', 'a trial of a search'],
  ],
} as const;

export type AttachArgs = ArgsOf<typeof ATTACH>;
