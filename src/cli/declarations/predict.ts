import type { ArgsOf } from '../declaration.js';
import { ADAPTER, FOREIGN, TTA, WEIGHTS_EACH } from './shared.js';

export const PREDICT = {
  usage: 'predict <paths..>',
  describe: 'Classify images of faces, or folders of them',
  positionals: {
    paths: { type: 'string', array: true, demandOption: true, describe: 'JPEG or PNG files, or folders' },
  },
  options: {
    weights: WEIGHTS_EACH,
    top: {
      type: 'number',
      requiresArg: true,
      default: 3,
      describe: 'how many classes to print, most probable first',
    },
    tta: TTA,
    detect: {
      type: 'boolean',
      default: false,
      describe: 'find the faces in photographs first, like "fer-tui detect"',
    },
    ...FOREIGN,
    adapter: ADAPTER,
  },
} as const;

export type PredictArgs = ArgsOf<typeof PREDICT>;
