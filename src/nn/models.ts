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
import { DROPOUT, type Plan, planOf } from './model_plans.js';
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

/** The layers from the pixels to a vector, and those from the vector to the classes. */
function layersOf(plan: Plan, options: ModelOptions): { trunk: Layer[]; head: Layer[] } {
  const { classes = 7, dropout, activation = 'elu' } = options;
  const { filters = plan.filters, convolutions = plan.convolutions, dense = plan.dense } = options;
  const dropoutOf = (rate: number): Layer => Dropout({ rate: dropout ?? rate });
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
        dropoutOf(DROPOUT.convolutions),
      ]),
      Flatten(),
    ],
    head: [
      ...dense.flatMap((units) => [
        Dense({ units }),
        ACTIVATIONS[activation](),
        BatchNormalization(),
        dropoutOf(DROPOUT.dense),
      ]),
      Dense({ units: classes }),
      Softmax(),
    ],
  };
}

/** A built-in network by name. Throws UsageError that lists the names. */
export function buildModel(name: string, options: ModelOptions = {}): Network {
  const { inputShape = [48, 48, 1], features } = options;
  return buildHybrid(name, inputShape, layersOf(planOf(name), options), features);
}
