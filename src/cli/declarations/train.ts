import type { Options } from 'yargs';
import { defaultText } from '../../train/option_text.js';
import { OPTION_ENTRIES, type OptionName } from '../../train/options.js';
import type { ArgsOf } from '../declaration.js';

export const TRAIN = {
  usage: 'train',
  describe: 'Train a network',
  options: {
    resume: {
      type: 'string',
      requiresArg: true,
      completes: 'runs folders',
      describe:
        'continue the run in this folder from its last checkpoint, with its own settings or another --lr, --epochs or --max-steps',
    },
    'allow-changed-data': {
      type: 'boolean',
      default: false,
      describe: 'with --resume: go on also if the data have changed since the run last trained',
    },
    recipe: {
      type: 'string',
      requiresArg: true,
      completes: 'recipes',
      describe: 'train by a recipe of a network that comes with fer-tui; "fer-tui recipes" lists them',
    },
    config: {
      type: 'string',
      requiresArg: true,
      describe:
        'read settings from a .json or .yaml file; they override a --recipe, and options on the command line override them',
    },
    tui: {
      type: 'boolean',
      describe: 'show the Train screen (default: in a terminal, unless CI is set)',
    },
    ...settings(),
  },
  examples: [
    ['$0 train --data fer2013.csv', 'the reference network on FER-2013, in the terminal UI of a training'],
    ['$0 train --data synthetic --epochs 3 --no-tui', 'drawn faces, a line each epoch'],
    ['$0 train --recipe fer-vgg --data fer2013.csv', 'as fer-vgg was trained'],
    ['$0 train --resume runs/r1 --epochs 80', 'more epochs of a run'],
  ],
} as const;

export type TrainArgs = ArgsOf<typeof TRAIN>;

export const DEMO = {
  usage: 'demo',
  describe: 'Train on built-in drawn faces for about a minute',
  examples: [['$0 demo', 'drawn faces, for a minute']],
} as const;

/**
 * The table of settings as options of yargs, but for some. It contains no defaults, so that the settings on the command line
 * are known. `resolveConfig` checks the ranges, because its messages are better.
 */
export function settings<Left extends OptionName = never>(
  ...left: readonly Left[]
): Readonly<Record<Exclude<OptionName, Left>, Options>> {
  const entries = OPTION_ENTRIES.map(([name, spec]): [string, Options] => {
    const { type, choices, help: describe } = spec;
    const defaultDescription = defaultText(spec);
    const option = { type, describe, requiresArg: type !== 'boolean' };
    return [
      name,
      { ...option, ...(choices && { choices }), ...(defaultDescription && { defaultDescription }) },
    ];
  });
  const kept = entries.filter(([name]) => !left.some((other) => other === name));
  return Object.fromEntries(kept) as Record<Exclude<OptionName, Left>, Options>;
}
