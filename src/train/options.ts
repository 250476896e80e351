/**
 * The settings of `fer-tui train` as data. No imports: the command line reads this before anything heavy is loaded.
 */

/** One setting of a run: what the command line offers, what the run's config.json keeps. */
export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean';
  /** Undefined: optional, its meaning without a value stands in `help`. */
  readonly default?: string | number | boolean;
  readonly choices?: readonly string[];
  /** Of numbers, both ends included unless `above` excludes the lower. */
  readonly range?: readonly [number, number];
  readonly integer?: boolean;
  readonly above?: boolean;
  readonly help: string;
}

/** Every setting of `fer-tui train`, in the order of its help. */
export const OPTIONS = {
  data: {
    type: 'string',
    default: 'synthetic',
    help: 'fer2013.csv(.gz), archive.zip, a folder tree, or "synthetic"',
  },
  model: {
    type: 'string',
    default: 'fer-cnn',
    choices: ['fer-cnn', 'fer-shallow', 'fer-vgg'],
    help: 'network',
  },
  epochs: {
    type: 'number',
    default: 50,
    integer: true,
    range: [1, 10_000],
    help: 'passes over the training images',
  },
  batch: { type: 'number', default: 28, integer: true, range: [1, 1024], help: 'images per step' },
  optimizer: { type: 'string', default: 'adam', choices: ['adam', 'rmsprop', 'sgd'], help: 'update law' },
  lr: { type: 'number', range: [0, 10], above: true, help: 'learning rate (default: 1e-3, sgd 1e-2)' },
  momentum: { type: 'number', default: 0, range: [0, 0.9999], help: 'of sgd and rmsprop' },
  nesterov: { type: 'boolean', default: false, help: "sgd looks ahead (Nesterov's momentum)" },
  l2: {
    type: 'number',
    default: 0,
    range: [0, 1],
    help: 'L2 penalty on kernels: adds l2 * sum(w^2) to the loss',
  },
  dropout: {
    type: 'number',
    range: [0, 0.95],
    help: "replaces every dropout rate (default: the network's own)",
  },
  'label-smoothing': {
    type: 'number',
    default: 0,
    range: [0, 0.9],
    help: 'share of the target spread over all classes',
  },
  augment: {
    type: 'string',
    default: 'default',
    help: '"default", "none", or a list like flip,rotation=10,shift=0.1,zoom=0.1,shear=5,brightness=0.1',
  },
  preprocess: {
    type: 'string',
    default: 'mean',
    choices: ['mean', 'scale255', 'none'],
    help: 'mean: subtract the mean training image, then / 255; scale255: / 255',
  },
  shuffle: {
    type: 'boolean',
    default: true,
    help: 'new order every epoch (--no-shuffle: rows in file order)',
  },
  seed: {
    type: 'number',
    default: 7,
    integer: true,
    range: [0, 2 ** 32 - 1],
    help: 'of weights, order, augmentation, dropout',
  },
  limit: {
    type: 'number',
    integer: true,
    range: [1, 10_000_000],
    help: 'use only the first N training images',
  },
  'max-steps': { type: 'number', integer: true, range: [1, 1_000_000_000], help: 'stop after N steps' },
  'log-every': {
    type: 'number',
    default: 20,
    integer: true,
    range: [1, 1_000_000],
    help: 'a step event every N steps',
  },
  'skip-bad': {
    type: 'boolean',
    default: false,
    help: 'leave out rows and images that cannot be read, and count them',
  },
  adapter: { type: 'string', help: 'part of a GPU adapter\'s name (see "fer-tui doctor")' },
  out: { type: 'string', help: 'folder of the run (default: the next free runs/rN)' },
} as const satisfies Record<string, OptionSpec>;
