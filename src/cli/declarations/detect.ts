import type { ArgsOf } from '../declaration.js';
import { SKIP_BAD, WEIGHTS_EACH } from './shared.js';
import { VISION } from './vision.js';

export const DETECT = {
  usage: 'detect <images..>',
  describe: 'Find the faces in photographs and classify their expressions',
  positionals: {
    images: { type: 'string', array: true, demandOption: true, describe: 'images, or folders of images' },
  },
  options: {
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'write the images with boxes and labels: a .png or .jpg for one image, else a folder',
    },
    'require-face': {
      type: 'boolean',
      default: false,
      describe: 'exit with code 9 if none of the images has a face',
    },
    'skip-bad': SKIP_BAD,
    ...VISION,
    weights: WEIGHTS_EACH,
  },
  examples: [
    ['$0 detect photo.jpg --out marked', 'all faces of a photograph'],
    ['$0 detect photos/ --json', 'of a folder, as JSON'],
  ],
} as const;

export type DetectArgs = ArgsOf<typeof DETECT>;
