import { UsageError } from '../util/errors.js';
import { buildHybrid, type DesignedFeatures } from './hybrid.js';
import type { Layer } from './layer.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  MaxPooling2D,
  ReLU,
  Softmax,
} from './layers.js';
import { MODEL_NAMES, type ModelName } from './model_names.js';
import type { Network } from './network.js';

/** Options of the built-in networks. */
export interface ModelOptions {
  /** [H, W, C] of one image; default [48, 48, 1]. */
  readonly inputShape?: readonly [number, number, number];
  /** Number of classes; default 7. */
  readonly classes?: number;
  /** Dropout rate everywhere; default: 0.2 after convolutions, 0.5 after dense layers. */
  readonly dropout?: number;
  /** Filters of each convolution block. Each block halves the image. Default: the network's own. */
  readonly filters?: readonly number[];
  /** Convolutions per block; default: the network's own. */
  readonly convolutions?: number;
  /** Units of each dense block; default: the network's own. */
  readonly dense?: readonly number[];
  /** Default elu. */
  readonly activation?: 'elu' | 'relu';
  /** Designed features, joined before the dense blocks; default: none. */
  readonly features?: DesignedFeatures;
}

const ACTIVATIONS = { elu: () => ELU(), relu: () => ReLU() };

/** The sizes of a built-in network: convolution blocks, each ending in a max pooling, then dense blocks. */
export interface ModelSizes {
  /** Filters of each convolution block. */
  readonly filters: readonly number[];
  /** Convolutions per block. */
  readonly convolutions: number;
  /** Units of each dense block. */
  readonly dense: readonly number[];
}

interface Plan extends ModelSizes {
  readonly about: string;
}

const PLANS: Readonly<Record<ModelName, Plan>> = {
  'fer-cnn': {
    about: 'four convolution blocks (32, 64, 128, 256 filters) and two dense blocks: the reference network',
    ...{ filters: [32, 64, 128, 256], convolutions: 1, dense: [64, 64] },
  },
  'fer-shallow': {
    about: 'one convolution block and one dense block: small and fast, for comparison',
    ...{ filters: [32], convolutions: 1, dense: [64] },
  },
  'fer-vgg': {
    about:
      'four blocks of two convolutions (16, 64, 128, 256 filters) and one dense block of 128: the best that ships',
    ...{ filters: [16, 64, 128, 256], convolutions: 2, dense: [128] },
  },
};

/** What looks at the pixels, and what classifies. */
function layersOf(plan: Plan, options: ModelOptions): { trunk: Layer[]; head: Layer[] } {
  const { classes = 7, dropout, activation = 'elu' } = options;
  const { filters = plan.filters, convolutions = plan.convolutions, dense = plan.dense } = options;
  const end = (rate: number): Layer => Dropout({ rate: dropout ?? rate });
  const convolution = (count: number): Layer[] => [
    Conv2D({ filters: count }),
    ACTIVATIONS[activation](),
    BatchNormalization(),
  ];
  return {
    trunk: [
      ...filters.flatMap((count) => [
        ...Array.from({ length: convolutions }, () => convolution(count)).flat(),
        MaxPooling2D(),
        end(0.2),
      ]),
      Flatten(),
    ],
    head: [
      ...dense.flatMap((units) => [
        Dense({ units }),
        ACTIVATIONS[activation](),
        BatchNormalization(),
        end(0.5),
      ]),
      Dense({ units: classes }),
      Softmax(),
    ],
  };
}

/** One sentence on a built-in network. */
export function aboutModel(name: ModelName): string {
  return PLANS[name].about;
}

/** A built-in network by name. Throws UsageError that lists the names. */
export function buildModel(name: string, options: ModelOptions = {}): Network {
  const { inputShape = [48, 48, 1], features } = options;
  return buildHybrid(name, inputShape, layersOf(planOf(name), options), features);
}

/** The sizes of a built-in network. Throws UsageError that lists the names. */
export function modelSizes(name: string): ModelSizes {
  const { filters, convolutions, dense } = planOf(name);
  return { filters, convolutions, dense };
}

function planOf(name: string): Plan {
  const plan = Object.entries<Plan>(PLANS).find(([known]) => known === name)?.[1];
  if (plan === undefined) {
    throw new UsageError(`model "${name}": expected one of ${MODEL_NAMES.join(', ')}`);
  }
  return plan;
}
