import { PREPROCESS } from '../data/preprocess.js';
import { MODES, MONITORS } from './callbacks/monitor.js';
import { SCHEDULES } from './schedules.js';

/**
 * Every setting of a training, once. The command line and its help, the form of the terminal UI, `--config` files and their
 * JSON schema, docs/training.md, and the type of a resolved configuration (`TrainConfig`) all follow from this table.
 * Imports nothing heavy: the command line reads it before anything else.
 */

/** The update rules; some settings belong to only some of them. */
export const OPTIMIZERS = ['adam', 'rmsprop', 'sgd'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** One setting. Its value is undefined where nobody set it and the table has no default. */
export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean';
  readonly default?: string | number | boolean;
  /** A default that depends on the optimiser. */
  readonly defaultOf?: Readonly<Record<OptimizerName, number>>;
  readonly choices?: readonly string[];
  /** Smallest and largest number, both included unless `above` excludes the smallest. */
  readonly range?: readonly [number, number];
  readonly integer?: boolean;
  readonly above?: boolean;
  /** The optimisers that have this setting; default: all. */
  readonly only?: readonly OptimizerName[];
  readonly help: string;
}

/** The settings of `fer-tui train`, in the order of its help. */
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
  filters: {
    type: 'string',
    help: "filters of each convolution block, e.g. 32,64,128 (default: the network's own)",
  },
  convolutions: { type: 'number', integer: true, range: [1, 8], help: 'convolutions in each block' },
  dense: { type: 'string', help: 'units of each dense block, e.g. 128,64; "none" for no dense block' },
  activation: {
    type: 'string',
    default: 'elu',
    choices: ['elu', 'relu'],
    help: 'behind convolutions and dense layers',
  },
  epochs: {
    type: 'number',
    default: 50,
    integer: true,
    range: [1, 10_000],
    help: 'passes over the training images',
  },
  batch: { type: 'number', default: 28, integer: true, range: [1, 1024], help: 'images per step' },
  optimizer: { type: 'string', default: 'adam', choices: OPTIMIZERS, help: 'update law' },
  lr: {
    defaultOf: { adam: 1e-3, rmsprop: 1e-3, sgd: 1e-2 },
    type: 'number',
    range: [0, 10],
    above: true,
    help: 'learning rate (default: 1e-3, sgd 1e-2)',
  },
  momentum: {
    only: ['sgd', 'rmsprop'],
    type: 'number',
    default: 0,
    range: [0, 0.9999],
    help: 'of sgd and rmsprop',
  },
  nesterov: { only: ['sgd'], type: 'boolean', default: false, help: "sgd looks ahead (Nesterov's momentum)" },
  rho: {
    only: ['rmsprop'],
    type: 'number',
    range: [0, 0.99999],
    help: "rmsprop's memory of the squared gradient (default 0.9)",
  },
  centered: {
    only: ['rmsprop'],
    type: 'boolean',
    default: false,
    help: 'rmsprop subtracts the squared mean gradient',
  },
  beta1: {
    only: ['adam'],
    type: 'number',
    range: [0, 0.99999],
    help: "adam's memory of the gradient (default 0.9)",
  },
  beta2: {
    only: ['adam'],
    type: 'number',
    range: [0, 0.9999999],
    help: "adam's memory of the squared gradient (default 0.999)",
  },
  amsgrad: {
    only: ['adam'],
    type: 'boolean',
    default: false,
    help: 'adam divides by the largest squared average so far',
  },
  epsilon: {
    only: ['adam', 'rmsprop'],
    type: 'number',
    range: [0, 1],
    above: true,
    help: 'of adam and rmsprop: keeps the divisor from 0 (default 1e-7)',
  },
  l1: {
    type: 'number',
    default: 0,
    range: [0, 1],
    help: 'L1 penalty on kernels: adds l1 * sum(|w|) to the loss',
  },
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
  'class-weights': {
    type: 'string',
    help: 'what each class counts in training: "balanced", or a list like 1,9,1,0.6,1,1,1',
  },
  'clip-norm': {
    type: 'number',
    range: [0, 1e6],
    above: true,
    help: 'shorten the gradient of all weights together to this norm',
  },
  'clip-value': {
    type: 'number',
    range: [0, 1e6],
    above: true,
    help: 'cut every number of the gradient off at this',
  },
  ema: {
    type: 'number',
    range: [0, 0.99999],
    above: true,
    help: 'momentum of a moving average of the weights, which is validated and saved, e.g. 0.999',
  },
  swa: {
    type: 'number',
    integer: true,
    range: [1, 10_000],
    help: 'from the end of this epoch on, average the weights of all epochs; the average is validated and saved',
  },
  'label-smoothing': {
    type: 'number',
    default: 0,
    range: [0, 0.9],
    help: 'share of the target spread over all classes',
  },
  precision: {
    type: 'string',
    default: 'float32',
    choices: ['float32', 'mixed_float16'],
    help: 'mixed_float16: convolutions in training keep what lies between their kernels as halves; faster, a little coarser',
  },
  augment: {
    type: 'string',
    default: 'default',
    help: '"default", "none", or a list like flip,rotation=10,shift=0.1,zoom=0.1,shear=5,brightness=0.1',
  },
  mixup: {
    type: 'number',
    default: 0,
    range: [0, 10],
    help: 'blend images and their targets in pairs, shares from Beta(mixup, mixup), e.g. 0.2; 0 is off',
  },
  preprocess: {
    type: 'string',
    default: 'mean',
    choices: PREPROCESS,
    help: 'mean: subtract the mean training image, then / 255; scale255: / 255; minus1to1: / 127.5 - 1',
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
  schedule: {
    type: 'string',
    default: 'constant',
    choices: SCHEDULES,
    help: 'how the learning rate goes over the run',
  },
  'warmup-epochs': { type: 'number', default: 0, range: [0, 1000], help: 'epochs of linear rise to --lr' },
  gamma: {
    type: 'number',
    range: [0, 1],
    above: true,
    help: 'factor of step (default 0.5), exponential (0.95)',
  },
  'step-epochs': { type: 'number', range: [0, 10_000], above: true, help: 'epochs a step (default 10)' },
  'final-lr': {
    type: 'number',
    range: [0, 1],
    help: 'where cosine (default 0) and one-cycle (1e-4) end, as a factor of --lr',
  },
  monitor: {
    type: 'string',
    default: 'val_loss',
    choices: MONITORS,
    help: 'what early stopping and the falling rate watch',
  },
  mode: {
    type: 'string',
    default: 'auto',
    choices: MODES,
    help: 'whether --monitor is better when small or large; auto goes by its name',
  },
  'early-stopping': {
    type: 'number',
    integer: true,
    range: [0, 10_000],
    help: 'EarlyStopping: epochs of patience (default: off)',
  },
  'min-delta': {
    type: 'number',
    default: 0,
    range: [0, 100],
    help: 'of EarlyStopping: what counts as better',
  },
  'restore-best-weights': {
    type: 'boolean',
    default: false,
    help: 'EarlyStopping ends with the weights of its best epoch',
  },
  'reduce-lr': {
    type: 'number',
    integer: true,
    range: [0, 10_000],
    help: 'ReduceLROnPlateau: epochs of patience (default: off)',
  },
  'reduce-lr-factor': {
    type: 'number',
    default: 0.1,
    range: [0, 0.999],
    above: true,
    help: 'of ReduceLROnPlateau',
  },
  'reduce-lr-min-delta': { type: 'number', default: 1e-4, range: [0, 100], help: 'of ReduceLROnPlateau' },
  'reduce-lr-cooldown': {
    type: 'number',
    default: 0,
    integer: true,
    range: [0, 10_000],
    help: 'of ReduceLROnPlateau: epochs of rest after a fall',
  },
  'min-lr': { type: 'number', default: 0, range: [0, 10], help: 'of ReduceLROnPlateau: lowest rate' },
  'checkpoint-monitor': {
    type: 'string',
    default: 'val_acc',
    choices: MONITORS,
    help: 'ModelCheckpoint: what says which weights are the best',
  },
  'checkpoint-mode': {
    type: 'string',
    default: 'auto',
    choices: MODES,
    help: 'ModelCheckpoint: whether --checkpoint-monitor is better when small or large',
  },
  'save-best-only': {
    type: 'boolean',
    default: true,
    help: 'ModelCheckpoint; --no-save-best-only keeps the weights of every epoch, in epochs/',
  },
  'checkpoint-seconds': {
    type: 'number',
    default: 60,
    range: [0, 86_400],
    help: 'seconds between checkpoints to resume from; there is one after each epoch, too',
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
  tensorboard: {
    type: 'boolean',
    default: false,
    help: "write the curves once more for TensorBoard, in the run's folder",
  },
  'skip-bad': {
    type: 'boolean',
    default: false,
    help: 'leave out rows and images that cannot be read, and count them',
  },
  adapter: { type: 'string', help: 'part of a GPU adapter\'s name (see "fer-tui doctor")' },
  out: { type: 'string', help: 'folder of the run (default: the next free runs/rN)' },
  architecture: {
    type: 'string',
    help: 'a file whose network is trained instead: model.json of Keras, .h5, .keras, .safetensors',
  },
  init: { type: 'string', help: 'weights to begin with, e.g. runs/r1/best.safetensors' },
  'save-steps': { type: 'string', help: 'folder for the weights after every single step' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;

/** Every setting as its name on the command line and its entry in the table. */
export const OPTION_ENTRIES: readonly (readonly [name: string, spec: OptionSpec])[] = Object.entries(OPTIONS);
