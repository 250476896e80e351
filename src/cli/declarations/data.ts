import type { ArgsOf } from '../declaration.js';
import { CLASSES, SKIP_BAD } from './shared.js';

export const DATA_SET = {
  usage: 'data <path>',
  describe: 'Count the images of each class in a data set',
  positionals: {
    path: { type: 'string', demandOption: true, describe: 'file, folder, or "synthetic"' },
  },
  options: { classes: CLASSES, 'skip-bad': SKIP_BAD },
  examples: [
    ['$0 data fer2013.csv', 'images of each class and split'],
    ['$0 data faces/ --classes csv', 'folders 0 to 6'],
  ],
} as const;

export type DataArgs = ArgsOf<typeof DATA_SET>;
