/**
 * Candidates for the recipe of a network. Each changes one thing of the base: settings of `fer-tui train`, or a network of
 * architectures.mjs.
 */

/** What all candidates share but for what they change. */
export const BASE = {
  model: 'fer-cnn',
  batch: 28,
  optimizer: 'adam',
  lr: 0.001,
  schedule: 'cosine',
  augment: 'flip,rotation=5,shift=0.04,zoom=0.05',
};

const LIGHT = BASE.augment;
const SGD = { optimizer: 'sgd', momentum: 0.9, nesterov: true };

/** [what it changes, its name, the settings that differ from the base] */
export const CANDIDATES = [
  ['base', 'Adam, rate 0.001, cosine', {}],
  ['optimizer', 'constant rate', { schedule: 'constant' }],
  ['optimizer', 'constant rate, EMA 0.999', { schedule: 'constant', ema: 0.999 }],
  ['optimizer', 'EMA 0.999', { ema: 0.999 }],
  ['optimizer', 'constant rate, SWA over the last third', { schedule: 'constant', swa: 'last third' }],
  ['optimizer', 'rate 0.002', { lr: 0.002 }],
  ['optimizer', 'one-cycle to 0.003', { schedule: 'one-cycle', lr: 0.003 }],
  ['optimizer', 'SGD, Nesterov, rate 0.01, L2 0.00025', { ...SGD, lr: 0.01, l2: 0.00025 }],
  ['optimizer', 'SGD, Nesterov, rate 0.05, L2 0.00025', { ...SGD, lr: 0.05, l2: 0.00025 }],
  ['optimizer', 'AdamW, decay 0.05', { 'weight-decay': 0.05 }],
  ['optimizer', 'RMSprop', { optimizer: 'rmsprop' }],
  ['optimizer', 'batch 64, rate 0.0015', { batch: 64, lr: 0.0015 }],
  ['optimizer', 'batch 128, rate 0.002', { batch: 128, lr: 0.002 }],
  ['optimizer', 'mixed_float16', { precision: 'mixed_float16' }],
  ['images', 'no augmentation', { augment: 'none' }],
  ['images', 'crops of 44 of 48 (shift 0.08)', { augment: 'flip,shift=0.08' }],
  ['images', 'rotation 15, shift 0.1, zoom 0.1', { augment: 'flip,rotation=15,shift=0.1,zoom=0.1' }],
  ['images', 'brightness and contrast 0.3', { augment: `${LIGHT},brightness=0.3,contrast=0.3` }],
  ['images', 'random erasing 0.3', { augment: `${LIGHT},erase=0.3` }],
  ['images', 'mixup 0.2', { mixup: 0.2 }],
  ['images', 'CutMix 1', { cutmix: 1 }],
  ['images', 'standardized pixels', { preprocess: 'standardize' }],
  ['loss', 'label smoothing 0.1', { 'label-smoothing': 0.1 }],
  ['loss', 'balanced class weights', { 'class-weights': 'balanced' }],
  ['loss', 'distilled from fer-vgg', { teacher: 'fer-vgg' }],
  ['regularisation', 'dropout 0.1 everywhere', { dropout: 0.1 }],
  ['regularisation', 'dropout 0.3 everywhere', { dropout: 0.3 }],
  ['regularisation', 'L2 0.0001', { l2: 0.0001 }],
  ['network', 'ReLU', { activation: 'relu' }],
  ['network', '1.5 times the filters', { filters: '48,96,192,384' }],
  ['network', 'two convolutions a block', { convolutions: 2 }],
  ['network', 'fer-vgg', { model: 'fer-vgg' }],
  ['network', 'one dense block of 128', { dense: '128' }],
  ['network', 'global average, no dense block', { architecture: 'global-average' }],
  ['network', 'squeeze and excitation', { architecture: 'squeeze-excite' }],
  ['network', 'residual blocks', { architecture: 'residual' }],
  ['network', 'residual blocks, stochastic depth 0.2', { architecture: 'stochastic-depth' }],
];
