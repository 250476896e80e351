import { PREPROCESS } from '../data/preprocess.js';
import { DISTILL_DEFAULTS, OPTIMIZER_DEFAULTS } from '../nn/learning_defaults.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { OPTIMIZERS, type OptionSpec } from './option_spec.js';
import { RANKINGS } from './pattern_statistics.js';

const { adam, rmsprop, sgd } = OPTIMIZER_DEFAULTS;

/** What learns, from what, and by which rule: data, network, optimizer, penalties, averages, teachers, features. */
export const LEARNING_OPTIONS = {
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
    defaultOf: { adam: adam.learningRate, rmsprop: rmsprop.learningRate, sgd: sgd.learningRate },
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
    help: `decay rate of rmsprop's average of squared gradients (default: ${rmsprop.rho})`,
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
    help: `decay rate of adam's average of gradients (default: ${adam.beta1})`,
  },
  beta2: {
    only: ['adam'],
    type: 'number',
    range: [0, 0.9999999],
    help: `decay rate of adam's average of squared gradients (default: ${adam.beta2})`,
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
    help: `small constant that keeps adam and rmsprop from dividing by zero (default: ${adam.epsilon})`,
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
  'weight-decay': {
    type: 'number',
    default: 0,
    range: [0, 10],
    help: 'decoupled weight decay: each step takes weight-decay * lr of every trained weight (AdamW with adam)',
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
    help: `temperature at which the network and its --teacher are compared (default: ${DISTILL_DEFAULTS.temperature})`,
  },
  'distill-mix': {
    type: 'number',
    range: [0, 1],
    help: `share of the labels in the loss; the --teacher has the rest (default: ${DISTILL_DEFAULTS.hard})`,
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
    help: '"default", "none", or a list like flip,rotation=10,shift=0.1,zoom=0.1,shear=5,brightness=0.1,gamma=0.5,contrast=0.3,blur=1,noise=10,jpeg=30,erase=0.3,rate=0.5',
  },
  mixup: {
    type: 'number',
    default: 0,
    range: [0, 10],
    help: 'blend images and their targets in pairs, with weights drawn from Beta(mixup, mixup), e.g. 0.2; 0: off',
  },
  cutmix: {
    type: 'number',
    default: 0,
    range: [0, 10],
    help: 'put a rectangle of another image into each, and blend their targets by area; shares are drawn from Beta(cutmix, cutmix), e.g. 1; 0: off; with --mixup, each batch takes one of the two',
  },
  preprocess: {
    type: 'string',
    default: 'mean',
    choices: PREPROCESS,
    help: 'mean: subtract the mean training image, then / 255; scale255: / 255; minus1to1: / 127.5 - 1; none: 0 to 255; standardize: (x - mean) / std of each pixel of the training images; standardize-image: of the image itself; standardize-global: of all pixels of the training images',
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
} as const satisfies Record<string, OptionSpec>;
