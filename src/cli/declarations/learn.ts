import { STAGES } from '../../learn/report.js';
import type { ArgsOf } from '../declaration.js';
import { ADAPTER, CLASSES, SCREEN, SKIP_BAD } from './shared.js';

export const LEARN = {
  usage: 'learn [model]',
  describe: 'Take one training step apart: on the Learn screen, or as plain text',
  positionals: {
    model: {
      type: 'string',
      describe:
        'a network by name, a model file, or the folder of a run, whose next step is taken (default: fer-cnn)',
    },
  },
  options: {
    fresh: {
      type: 'boolean',
      default: false,
      describe: 'start from initial weights instead of trained ones',
    },
    data: {
      type: 'string',
      requiresArg: true,
      describe: 'data set (default: that of the run, else drawn faces)',
    },
    classes: CLASSES,
    image: { type: 'string', requiresArg: true, describe: 'a picture of a face to put first in the batch' },
    label: {
      type: 'string',
      requiresArg: true,
      describe: 'class of --image (default: what the network says)',
    },
    batch: { type: 'number', requiresArg: true, describe: 'images in the step, 2 to 64 (default: 16)' },
    seed: {
      type: 'number',
      requiresArg: true,
      describe: 'seed of fresh weights, order, augmentation and dropout',
    },
    augment: { type: 'string', requiresArg: true, describe: 'augmentation, as for train' },
    stage: {
      choices: STAGES,
      requiresArg: true,
      describe: 'as text: only this stage (default: all of them)',
    },
    layer: {
      type: 'string',
      requiresArg: true,
      describe: 'as text: also one number of this layer, explained',
    },
    weight: {
      type: 'string',
      requiresArg: true,
      describe: 'as text: also this weight, e.g. conv2d/kernel or conv2d/kernel:12',
    },
    kernels: {
      type: 'string',
      requiresArg: true,
      describe: 'as text: also the kernels of this layer, timed',
    },
    'skip-bad': SKIP_BAD,
    ...SCREEN,
    accessible: { type: 'boolean', default: false, describe: 'plain lines of text instead of a screen' },
    adapter: ADAPTER,
  },
  examples: [['$0 learn', 'one training step of the reference network, number by number']],
} as const;

export type LearnArgs = ArgsOf<typeof LEARN>;
