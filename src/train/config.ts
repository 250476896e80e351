import { parseAugment } from '../data/augment.js';
import { MODEL_NAMES } from '../nn/models.js';
import { UsageError } from '../util/errors.js';

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
  model: { type: 'string', default: 'fer-cnn', choices: MODEL_NAMES, help: 'network' },
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

/** The settings of one run, resolved and checked. */
export interface TrainConfig {
  readonly data: string;
  readonly model: string;
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: 'adam' | 'rmsprop' | 'sgd';
  readonly lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly l2: number;
  readonly dropout: number | undefined;
  readonly labelSmoothing: number;
  readonly augment: string;
  readonly preprocess: 'mean' | 'scale255' | 'none';
  readonly shuffle: boolean;
  readonly seed: number;
  readonly limit: number | undefined;
  readonly maxSteps: number | undefined;
  readonly logEvery: number;
  readonly skipBad: boolean;
  readonly adapter: string | undefined;
  readonly out: string | undefined;
}

const DEFAULT_RATE = { adam: 1e-3, rmsprop: 1e-3, sgd: 1e-2 };

/** Fills in defaults and checks every value. Throws UsageError like `lr = 0: expected a number in (0, 10]`. */
export function resolveConfig(raw: Readonly<Record<string, unknown>>): TrainConfig {
  const value = Object.fromEntries(
    Object.entries(OPTIONS as Record<string, OptionSpec>).map(([name, spec]) => [
      camelCase(name),
      checked(name, spec, raw[name] ?? raw[camelCase(name)] ?? spec.default),
    ]),
  ) as unknown as TrainConfig;
  parseAugment(value.augment);
  if (value.nesterov && (value.optimizer !== 'sgd' || value.momentum === 0)) {
    throw new UsageError('nesterov: needs --optimizer sgd and --momentum above 0');
  }
  if (value.optimizer === 'adam' && value.momentum > 0) {
    throw new UsageError('momentum: adam has its own; use it with --optimizer sgd or rmsprop');
  }
  return { ...value, lr: (value.lr as number | undefined) ?? DEFAULT_RATE[value.optimizer] };
}

function checked(name: string, spec: OptionSpec, value: unknown): unknown {
  if (value === undefined) return undefined;
  const fail = (expected: string): never => {
    throw new UsageError(`${name} = ${String(value)}: expected ${expected}`);
  };
  if (spec.type === 'number') {
    const [low, high] = spec.range ?? [-Infinity, Infinity];
    const kind = spec.integer ? 'a whole number' : 'a number';
    const ok =
      typeof value === 'number' &&
      value <= high &&
      (spec.above ? value > low : value >= low) &&
      (!spec.integer || Number.isInteger(value));
    if (!ok) fail(`${kind} in ${spec.above ? '(' : '['}${low}, ${high}]`);
  } else if (typeof value !== spec.type) {
    fail(spec.type === 'boolean' ? 'true or false' : 'one text');
  }
  if (spec.choices !== undefined && !spec.choices.includes(value as string))
    fail(`one of ${spec.choices.join(', ')}`);
  return value;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
