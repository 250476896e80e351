import type { ArgsOf } from '../declaration.js';

export const VERIFY = {
  usage: 'verify <paths..>',
  describe: 'Check model files, checkpoints and runs for damage',
  positionals: {
    paths: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'model files, or folders of runs',
    },
  },
  examples: [
    ['$0 verify runs/r1', 'every file of a run'],
    ['$0 verify best.safetensors model.keras', 'files, wherever they come from'],
  ],
} as const;

export type VerifyArgs = ArgsOf<typeof VERIFY>;
