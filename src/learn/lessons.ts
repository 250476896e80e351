import { readFileSync } from 'node:fs';
import type { Stage } from './report.js';

/** A lesson of the course in docs/learn. */
export interface Lesson {
  /** Its file in docs/learn. */
  readonly file: string;
  readonly title: string;
  /** The stages of a training step that it explains. */
  readonly stages: readonly Stage[];
  /** The kinds of layers that it explains (`Layer.kind`). */
  readonly kinds: readonly string[];
  /** Terms that it introduces: no earlier lesson uses them. */
  readonly terms: readonly string[];
}

/** The course, in order. */
export const LESSONS = [
  {
    file: '01-tensors.md',
    title: 'Tensors and strides',
    stages: ['batch'],
    kinds: ['Flatten', 'Reshape', 'Permute'],
    terms: ['tensor', 'shape', 'batch', 'channel', 'row-major'],
  },
  {
    file: '02-convolution.md',
    title: 'Convolution',
    stages: ['forward'],
    kinds: ['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D', 'Dense', 'LocalBinaryPatterns'],
    terms: ['weights', 'convolution', 'dense layer', 'kernel', 'bias'],
  },
  {
    file: '03-padding.md',
    title: 'Padding, stride and the receptive field',
    stages: [],
    kinds: ['ZeroPadding2D', 'Cropping2D'],
    terms: ['padding', 'receptive field'],
  },
  {
    file: '04-activations-and-pooling.md',
    title: 'Activations and pooling',
    stages: [],
    kinds: [
      ...['Activation', 'ELU', 'ReLU', 'LeakyReLU', 'PReLU'],
      ...['MaxPooling2D', 'AveragePooling2D', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D'],
    ],
    terms: ['activation', 'pooling', 'slope'],
  },
  {
    file: '05-batch-norm.md',
    title: 'Batch normalisation',
    stages: [],
    kinds: ['BatchNormalization', 'LayerNormalization', 'Normalization', 'Rescaling'],
    terms: ['batch normalisation', 'moving average', 'epsilon'],
  },
  {
    file: '06-softmax-and-cross-entropy.md',
    title: 'Softmax and cross-entropy',
    stages: ['loss'],
    kinds: ['Softmax'],
    terms: ['softmax', 'cross-entropy', 'logit', 'loss'],
  },
  {
    file: '07-backpropagation.md',
    title: 'Backpropagation by hand',
    stages: [],
    kinds: [],
    terms: ['derivative', 'gradient', 'chain rule', 'tape', 'backpropagation', 'backward pass'],
  },
  {
    file: '08-gradients.md',
    title: 'The gradient of each layer',
    stages: ['backward'],
    kinds: ['Add', 'Concatenate', 'Multiply'],
    terms: [],
  },
  {
    file: '09-optimisers.md',
    title: 'Initialisation and optimisers',
    stages: ['update', 'again'],
    kinds: [],
    terms: ['initialisation', 'learning rate', 'epoch', 'optimiser', 'RMSprop', 'Adam'],
  },
  {
    file: '10-regularisation.md',
    title: 'Regularisation',
    stages: ['augmentation'],
    kinds: ['Dropout', 'SpatialDropout2D'],
    terms: [
      'overfitting',
      'validation',
      'augmentation',
      'dropout',
      'penalty',
      'label smoothing',
      'early stopping',
    ],
  },
  {
    file: '11-evaluation.md',
    title: 'Honest evaluation',
    stages: [],
    kinds: [],
    terms: ['test set', 'standard error', 'confusion matrix', 'calibrated'],
  },
  {
    file: '12-gpu.md',
    title: 'From formula to GPU',
    stages: [],
    kinds: [],
    terms: ['shader', 'thread', 'dispatch', 'workgroup', 'tile', 'barrier', 'Winograd', 'WGSL'],
  },
  {
    file: '13-what-a-network-sees.md',
    title: 'What a network sees',
    stages: [],
    kinds: [],
    terms: ['feature map', 'Grad-CAM', 'occlusion', 'integrated gradients'],
  },
] as const satisfies readonly Lesson[];

/** The lesson about a stage of the Learn screen; in the forward stage, about a kind of layer if one is given. */
export function lessonFor(stage: Stage, kind?: string): Lesson {
  const lessons: readonly Lesson[] = LESSONS;
  const ofKind =
    stage === 'forward' && kind !== undefined && lessons.find(({ kinds }) => kinds.includes(kind));
  return (ofKind || lessons.find(({ stages }) => stages.includes(stage))) as Lesson;
}

/** The Markdown of a lesson. */
export function lessonText({ file }: Lesson): string {
  return readFileSync(new URL(`../../docs/learn/${file}`, import.meta.url), 'utf8');
}
