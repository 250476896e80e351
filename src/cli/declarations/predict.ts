import type { ArgsOf } from '../declaration.js';
import { ADAPTER, FOREIGN, SKIP_BAD, TTA, WEIGHTS_EACH } from './shared.js';
import { DETECTOR } from './vision.js';

export const PREDICT = {
  usage: 'predict <paths..>',
  describe: 'Classify images of faces, or folders of them',
  positionals: {
    paths: { type: 'string', array: true, demandOption: true, describe: 'pictures, or folders of them' },
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
    ...DETECTOR,
    'skip-bad': SKIP_BAD,
    ...FOREIGN,
    adapter: ADAPTER,
  },
  examples: [
    ['$0 predict face.png', 'one face, cropped'],
    ['$0 predict faces/ --top 7 --json', 'all of a folder, every class'],
  ],
} as const;

export type PredictArgs = ArgsOf<typeof PREDICT>;
