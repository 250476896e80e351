import { UsageError } from '../util/errors.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  type Layer,
  MaxPool2D,
  Softmax,
} from './layers.js';
import { Sequential } from './sequential.js';

/** What can be set of the named networks. */
export interface ModelOptions {
  /** [H, W, C] of one image; default [48, 48, 1]. */
  readonly inputShape?: readonly [number, number, number];
  /** Number of classes; default 7. */
  readonly classes?: number;
  /** Replaces every dropout rate; default: the network's own (0.2 after convolutions, 0.5 after dense layers). */
  readonly dropout?: number;
}

/** n convolutions with ELU and batch norm, then a pool and dropout. */
function convBlock(filters: number, convolutions: number, rate: number): Layer[] {
  const convs = Array.from({ length: convolutions }, () => [
    Conv2D({ filters }),
    ELU(),
    BatchNormalization(),
  ]);
  return [...convs.flat(), MaxPool2D(), Dropout({ rate })];
}

const denseBlock = (units: number, rate: number): Layer[] => [
  Dense({ units }),
  ELU(),
  BatchNormalization(),
  Dropout({ rate }),
];

interface Recipe {
  readonly about: string;
  layers(classes: number, convRate: number, denseRate: number): Layer[];
}

const RECIPES = {
  'fer-cnn': {
    about: 'four convolution blocks (32, 64, 128, 256 filters) and two dense blocks: the reference network',
    layers: (classes, convRate, denseRate) => [
      ...[32, 64, 128, 256].flatMap((filters) => convBlock(filters, 1, convRate)),
      Flatten(),
      ...denseBlock(64, denseRate),
      ...denseBlock(64, denseRate),
      Dense({ units: classes }),
      Softmax(),
    ],
  },
  'fer-shallow': {
    about: 'one convolution block and one dense block: small and fast, for comparison',
    layers: (classes, convRate, denseRate) => [
      ...convBlock(32, 1, convRate),
      Flatten(),
      ...denseBlock(64, denseRate),
      Dense({ units: classes }),
      Softmax(),
    ],
  },
  'fer-vgg': {
    about: 'fer-cnn with two convolutions in every block',
    layers: (classes, convRate, denseRate) => [
      ...[32, 64, 128, 256].flatMap((filters) => convBlock(filters, 2, convRate)),
      Flatten(),
      ...denseBlock(64, denseRate),
      ...denseBlock(64, denseRate),
      Dense({ units: classes }),
      Softmax(),
    ],
  },
} satisfies Record<string, Recipe>;

export type ModelName = keyof typeof RECIPES;

/** Names of the built-in networks. */
export const MODEL_NAMES = Object.keys(RECIPES) as ModelName[];

/** One sentence on a built-in network. */
export function aboutModel(name: ModelName): string {
  return RECIPES[name].about;
}

/** A built-in network by name. Throws UsageError that lists the names. */
export function buildModel(name: string, options: ModelOptions = {}): Sequential {
  const recipe = (RECIPES as Record<string, Recipe>)[name];
  if (recipe === undefined) {
    throw new UsageError(`model "${name}": expected one of ${MODEL_NAMES.join(', ')}`);
  }
  const layers = recipe.layers(options.classes ?? 7, options.dropout ?? 0.2, options.dropout ?? 0.5);
  return new Sequential(name, options.inputShape ?? [48, 48, 1], layers);
}
