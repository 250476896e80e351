import { PREPROCESS } from '../data/preprocess.js';
import { FERPLUS_TARGETS } from '../data/types.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { MODES, MONITORS } from './callbacks/monitor.js';
import { RANKINGS } from './pattern_statistics.js';
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
  /** A default that depends on the optimizer. */
  readonly defaultOf?: Readonly<Record<OptimizerName, number>>;
  readonly choices?: readonly string[];
  /** Smallest and largest number, both included unless `above` excludes the smallest. */
  readonly range?: readonly [number, number];
  readonly integer?: boolean;
  readonly above?: boolean;
  /** A text that may be written as a list in a `--config` file. */
  readonly list?: boolean;
  /** A path that a training reads: of a data set, or of any other file. It travels with a trial to other machines. */
  readonly file?: 'data' | 'file';
  /** The optimizers that have this setting; default: all. */
  readonly only?: readonly OptimizerName[];
  readonly help: string;
}

/** The settings of `fer-tui train`, in the order of its help. */
export const OPTIONS = {
  data: {
    type: 'string',
    file: 'data',
    default: 'synthetic',
    help: 'fer2013.csv(.gz), an archive (.zip, .tar.gz), a folder with one folder per class, or "synthetic"',
  },
  model: {
    type: 'string',
    default: 'fer-cnn',
    choices: MODEL_NAMES,
    help: 'network to train',
  },
  filters: {
    type: 'string',
    list: true,
    help: "filters of each convolution block, e.g. 32,64,128 (default: the network's own)",
  },
  convolutions: {
    type: 'number',
    integer: true,
    range: [1, 8],
    help: "convolutions in each block (default: the network's own)",
  },
  dense: {
    type: 'string',
    list: true,
    help: 'units of each dense block, e.g. 128,64, or "none" for no dense block (default: the network\'s own)',
  },
  activation: {
    type: 'string',
    default: 'elu',
    choices: ['elu', 'relu'],
    help: 'activation after convolutions and dense layers',
  },
  epochs: {
    type: 'number',
    default: 50,
    integer: true,
    range: [1, 10_000],
    help: 'passes over the training images',
  },
  batch: { type: 'number', default: 28, integer: true, range: [1, 1024], help: 'images per step' },
  optimizer: { type: 'string', default: 'adam', choices: OPTIMIZERS, help: 'optimizer' },
  lr: {
    defaultOf: { adam: 1e-3, rmsprop: 1e-3, sgd: 1e-2 },
    type: 'number',
    range: [0, 10],
    above: true,
    help: 'learning rate',
  },
  momentum: {
    only: ['sgd', 'rmsprop'],
    type: 'number',
    default: 0,
    range: [0, 0.9999],
    help: 'momentum of sgd and rmsprop',
  },
  nesterov: { only: ['sgd'], type: 'boolean', default: false, help: 'use Nesterov momentum in sgd' },
  rho: {
    only: ['rmsprop'],
    type: 'number',
    range: [0, 0.99999],
    help: "decay rate of rmsprop's average of squared gradients (default: 0.9)",
  },
  centered: {
    only: ['rmsprop'],
    type: 'boolean',
    default: false,
    help: 'subtract the squared mean gradient in rmsprop',
  },
  beta1: {
    only: ['adam'],
    type: 'number',
    range: [0, 0.99999],
    help: "decay rate of adam's average of gradients (default: 0.9)",
  },
  beta2: {
    only: ['adam'],
    type: 'number',
    range: [0, 0.9999999],
    help: "decay rate of adam's average of squared gradients (default: 0.999)",
  },
  amsgrad: {
    only: ['adam'],
    type: 'boolean',
    default: false,
    help: 'divide by the largest average of squared gradients so far in adam',
  },
  epsilon: {
    only: ['adam', 'rmsprop'],
    type: 'number',
    range: [0, 1],
    above: true,
    help: 'small constant that keeps adam and rmsprop from dividing by zero (default: 1e-7)',
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
    help: "rate of all dropout layers (default: the network's own)",
  },
  'class-weights': {
    type: 'string',
    list: true,
    help: 'weight of each class in the loss: "balanced", or a list like 1,9,1,0.6,1,1,1',
  },
  'clip-norm': {
    type: 'number',
    range: [0, 1e6],
    above: true,
    help: 'scale the gradient of all weights down to this norm if it is larger',
  },
  'clip-value': {
    type: 'number',
    range: [0, 1e6],
    above: true,
    help: 'limit every element of the gradient to this absolute value',
  },
  ema: {
    type: 'number',
    range: [0, 0.99999],
    above: true,
    help: 'momentum of a moving average of the weights, e.g. 0.999; the average is validated and saved',
  },
  swa: {
    type: 'number',
    integer: true,
    range: [1, 10_000],
    help: 'average the weights of all epochs from this one on; the average is validated and saved',
  },
  'label-smoothing': {
    type: 'number',
    default: 0,
    range: [0, 0.9],
    help: 'fraction of each target that is spread evenly over all classes',
  },
  teacher: {
    type: 'string',
    list: true,
    help: 'trained networks to learn from besides the labels (distillation): weight files, networks in models/ or runs, or an ensemble file',
  },
  temperature: {
    type: 'number',
    range: [0, 100],
    above: true,
    help: 'temperature at which the network and its --teacher are compared (default: 3)',
  },
  'distill-mix': {
    type: 'number',
    range: [0, 1],
    help: 'share of the labels in the loss; the --teacher has the rest (default: 0.3)',
  },
  precision: {
    type: 'string',
    default: 'float32',
    choices: ['float32', 'mixed_float16'],
    help: 'mixed_float16 stores the intermediate values of convolutions as half floats during training: faster, slightly less precise',
  },
  augment: {
    type: 'string',
    list: true,
    default: 'default',
    help: '"default", "none", or a list like flip,rotation=10,shift=0.1,zoom=0.1,shear=5,brightness=0.1,gamma=0.5,contrast=0.3,blur=1,noise=10,jpeg=30,rate=0.5',
  },
  mixup: {
    type: 'number',
    default: 0,
    range: [0, 10],
    help: 'blend images and their targets in pairs, with weights drawn from Beta(mixup, mixup), e.g. 0.2; 0: off',
  },
  preprocess: {
    type: 'string',
    default: 'mean',
    choices: PREPROCESS,
    help: 'mean: subtract the mean training image, then / 255; scale255: / 255; minus1to1: / 127.5 - 1; none: 0 to 255',
  },
  features: {
    type: 'string',
    default: 'raw',
    choices: ['raw', 'lbp', 'raw+lbp'],
    help: 'what the dense layers see: raw: the pixels, through the convolutions; lbp: histograms of local binary patterns; raw+lbp: both',
  },
  'lbp-radius': {
    type: 'number',
    default: 1,
    integer: true,
    range: [1, 2],
    help: 'distance in pixels of the eight neighbours that a pattern compares a pixel with',
  },
  'lbp-cells': {
    type: 'number',
    default: 4,
    integer: true,
    range: [1, 12],
    help: 'cells along each edge of the face; each has a histogram of 59 bins',
  },
  'lbp-bins': {
    type: 'number',
    integer: true,
    range: [1, 8496],
    help: 'use only the N bins that tell most about the class, over all cells (default: all)',
  },
  'lbp-ranking': {
    type: 'string',
    default: 'mutual-information',
    choices: RANKINGS,
    help: 'what --lbp-bins ranks bins by; it looks at training images only',
  },
  shuffle: {
    type: 'boolean',
    default: true,
    help: 'train on the images in a new random order every epoch; --no-shuffle: in file order',
  },
  seed: {
    type: 'number',
    default: 7,
    integer: true,
    range: [0, 2 ** 32 - 1],
    help: 'seed of the initial weights, the order of images, augmentation and dropout',
  },
  schedule: {
    type: 'string',
    default: 'constant',
    choices: SCHEDULES,
    help: 'how the learning rate changes during training',
  },
  'warmup-epochs': {
    type: 'number',
    default: 0,
    range: [0, 1000],
    help: 'epochs in which the learning rate rises linearly to --lr',
  },
  gamma: {
    type: 'number',
    range: [0, 1],
    above: true,
    help: 'decay factor of the schedules step (default: 0.5) and exponential (default: 0.95)',
  },
  'step-epochs': {
    type: 'number',
    range: [0, 10_000],
    above: true,
    help: 'epochs between two decays of the schedule step (default: 10)',
  },
  cycles: {
    type: 'number',
    integer: true,
    range: [1, 1000],
    help: 'cycles of the schedule cosine-cycles (default: 5); the weights at the end of each are kept in epochs/',
  },
  'final-lr': {
    type: 'number',
    range: [0, 1],
    help: 'last learning rate of the schedules cosine and cosine-cycles (default: 0) and one-cycle (default: 1e-4), as a fraction of --lr',
  },
  monitor: {
    type: 'string',
    default: 'val_loss',
    choices: MONITORS,
    help: 'metric that early stopping and ReduceLROnPlateau watch',
  },
  mode: {
    type: 'string',
    default: 'auto',
    choices: MODES,
    help: 'whether a smaller (min) or larger (max) --monitor is better; auto: depends on the metric',
  },
  'early-stopping': {
    type: 'number',
    integer: true,
    range: [0, 10_000],
    help: 'EarlyStopping: stop after this many epochs without improvement (default: off)',
  },
  'min-delta': {
    type: 'number',
    default: 0,
    range: [0, 100],
    help: 'EarlyStopping: smallest change that counts as an improvement',
  },
  'restore-best-weights': {
    type: 'boolean',
    default: false,
    help: 'EarlyStopping: end with the weights of the best epoch',
  },
  'reduce-lr': {
    type: 'number',
    integer: true,
    range: [0, 10_000],
    help: 'ReduceLROnPlateau: reduce the learning rate after this many epochs without improvement (default: off)',
  },
  'reduce-lr-factor': {
    type: 'number',
    default: 0.1,
    range: [0, 0.999],
    above: true,
    help: 'ReduceLROnPlateau: factor by which the learning rate is multiplied',
  },
  'reduce-lr-min-delta': {
    type: 'number',
    default: 1e-4,
    range: [0, 100],
    help: 'ReduceLROnPlateau: smallest change that counts as an improvement',
  },
  'reduce-lr-cooldown': {
    type: 'number',
    default: 0,
    integer: true,
    range: [0, 10_000],
    help: 'ReduceLROnPlateau: epochs to wait after a reduction before counting again',
  },
  'min-lr': { type: 'number', default: 0, range: [0, 10], help: 'ReduceLROnPlateau: lowest learning rate' },
  'checkpoint-monitor': {
    type: 'string',
    default: 'val_acc',
    choices: MONITORS,
    help: 'ModelCheckpoint: metric that decides which weights are the best',
  },
  'checkpoint-mode': {
    type: 'string',
    default: 'auto',
    choices: MODES,
    help: 'ModelCheckpoint: whether a smaller (min) or larger (max) --checkpoint-monitor is better; auto: depends on the metric',
  },
  'save-best-only': {
    type: 'boolean',
    default: true,
    help: 'ModelCheckpoint: save only the best weights; --no-save-best-only: also those of every epoch, in epochs/',
  },
  'checkpoint-seconds': {
    type: 'number',
    default: 60,
    range: [0, 86_400],
    help: 'seconds between checkpoints that a run can be resumed from; each epoch also ends with one',
  },
  fold: {
    type: 'string',
    help: 'one fold of a cross-validation, e.g. 2/5: the second fifth of the training images is the validation set, stratified by class; the validation and test images of the data are left out',
  },
  'fold-seed': {
    type: 'number',
    default: 7,
    integer: true,
    range: [0, 2 ** 32 - 1],
    help: 'seed of the division into folds; another one repeats the cross-validation',
  },
  classes: {
    type: 'string',
    list: true,
    help: 'names of classes that are numbers in the data: "csv" for those of FER-2013 (0 Angry, 1 Disgust, 2 Fear, 3 Happy, 4 Sad, 5 Surprise, 6 Neutral), or a,b,c in the order of the numbers; colere=Angry,joie=Happy renames classes; a list also chooses among classes that have names',
  },
  labels: {
    type: 'string',
    file: 'file',
    help: 'file with corrections of labels (labels.csv): trains and validates with them; the data set itself stays as it is',
  },
  ferplus: {
    type: 'string',
    file: 'file',
    help: "FER+'s fer2013new.csv: trains and validates with the votes of ten people in place of FER-2013's labels",
  },
  'ferplus-targets': {
    type: 'string',
    default: 'majority',
    choices: FERPLUS_TARGETS,
    help: 'majority: the class with most votes is the label; votes: in training, the loss compares with the distribution of the votes',
  },
  'ferplus-keep': {
    type: 'string',
    list: true,
    default: 'none',
    help: 'keep images that most people called contempt, unknown or nf (no face), and decide them by their other votes: a list of these; none: leave them out',
  },
  limit: {
    type: 'number',
    integer: true,
    range: [1, 10_000_000],
    help: 'use only N training images: the first, or evenly spread ones where the data are sorted by class',
  },
  'max-steps': { type: 'number', integer: true, range: [1, 1_000_000_000], help: 'stop after N steps' },
  'log-every': {
    type: 'number',
    default: 20,
    integer: true,
    range: [1, 1_000_000],
    help: 'log every N-th step',
  },
  tensorboard: {
    type: 'boolean',
    default: false,
    help: "also write the curves for TensorBoard, in the run's folder",
  },
  'skip-bad': {
    type: 'boolean',
    default: false,
    help: 'leave out rows and images that cannot be read, and tell how many',
  },
  'drop-duplicates': {
    type: 'boolean',
    default: false,
    help: 'leave out training images that are also, identical or nearly so, in the validation or test images',
  },
  adapter: { type: 'string', help: 'part of the GPU adapter\'s name (see "fer-tui doctor")' },
  out: { type: 'string', help: 'folder of the run (default: the next free runs/rN)' },
  architecture: {
    type: 'string',
    file: 'file',
    help: 'train the network of this file instead of --model: a Keras model.json, .h5, .keras or .safetensors',
  },
  init: {
    type: 'string',
    file: 'file',
    help: 'file with the initial weights, e.g. runs/r1/best.safetensors',
  },
  'save-steps': { type: 'string', help: 'folder in which to save the weights after every step' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;

/** Every setting as its name on the command line and its entry in the table. */
export const OPTION_ENTRIES: readonly (readonly [name: string, spec: OptionSpec])[] = Object.entries(OPTIONS);

const SPECS: ReadonlyMap<string, OptionSpec> = new Map(OPTION_ENTRIES);

/** The entry of a setting by its name on the command line; undefined for a name that is no setting. */
export function optionSpec(name: string): OptionSpec | undefined {
  return SPECS.get(name);
}

/** The value of a setting that was not set; undefined where it has no default. */
export function defaultValue(spec: OptionSpec, optimizer: OptimizerName): OptionSpec['default'] {
  return spec.defaultOf?.[optimizer] ?? spec.default;
}
