import { FERPLUS_TARGETS } from '../data/types.js';
import { MODES, MONITORS } from './callbacks/monitor.js';
import type { OptionSpec } from './option_spec.js';
import { CYCLES, GAMMA, SCHEDULES, STEP_EPOCHS } from './schedules.js';

/** The course of a run: order and seed, schedule, stopping, checkpoints, folds, labels, limits, files. */
export const RUN_OPTIONS = {
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
    help: `decay factor of the schedules step (default: ${GAMMA.step}) and exponential (default: ${GAMMA.exponential})`,
  },
  'step-epochs': {
    type: 'number',
    range: [0, 10_000],
    above: true,
    help: `epochs between two decays of the schedule step (default: ${STEP_EPOCHS})`,
  },
  cycles: {
    type: 'number',
    integer: true,
    range: [1, 1000],
    help: `cycles of the schedule cosine-cycles (default: ${CYCLES}); the weights at the end of each are kept in epochs/`,
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
    help: 'names of classes that are numbers in the data: "csv" for those of FER-2013 (0 Angry, 1 Disgust, 2 Fear, 3 Happy, 4 Sad, 5 Surprise, 6 Neutral), or a,b,c in the order of the numbers; colere=Angry,joie=Happy renames classes; a list also chooses among classes that have names, and among those of FER-2013',
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
  'kernel-check': {
    type: 'boolean',
    default: true,
    help: 'before the first training on an adapter and driver, compare the kernels that it uses with float64',
  },
  out: { type: 'string', help: 'folder of the run (default: the next free runs/rN)' },
  architecture: {
    type: 'string',
    file: 'file',
    help: 'train the network of this file instead of --model: a Keras model.json, .h5, .keras, .onnx or .safetensors',
  },
  init: {
    type: 'string',
    file: 'file',
    help: 'initial weights: a weight file, a network in models/ or a run, e.g. fer-cnn or runs/r1',
  },
  'save-steps': { type: 'string', help: 'folder in which to save the weights after every step' },
} as const satisfies Record<string, OptionSpec>;
