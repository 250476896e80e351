import { buildHybrid, type DesignedFeatures } from '../../nn/hybrid.js';
import type { Initializer } from '../../nn/init.js';
import type { Layer } from '../../nn/layer.js';
import {
  Activation,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  MaxPooling2D,
  Softmax,
} from '../../nn/layers.js';
import { type Network, Sequential } from '../../nn/network.js';
import type { ActivationName } from '../../nn/ops/activation.js';

/** Options of the labs' network. */
export interface SmallNetworkOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Filters of each block: convolution 3 x 3, activation, batch norm, max pooling, dropout; default 8, 16, 32. */
  readonly filters?: readonly number[];
  /** Default elu. */
  readonly activation?: ActivationName;
  /** Whether there is batch norm; default true. */
  readonly norm?: boolean;
  /** Dropout rate before the last layer, and half of it after each block; default 0. */
  readonly dropout?: number;
  /** Initialiser of all kernels; default glorot_uniform. */
  readonly kernelInitializer?: Initializer;
  /** Units of the hidden dense layer; default 32; 0: there is none. */
  readonly units?: number;
  /** Designed features, joined before the dense layers; default: none. */
  readonly features?: DesignedFeatures | undefined;
}

/** Units of the hidden dense layer. */
const UNITS = 32;

/**
 * `fer-cnn` with fewer filters and one block less, for faces of 48 x 48: an epoch of 700 faces takes half a second on two CPU
 * cores. Its moving averages follow quickly (momentum 0.9 in place of 0.99), because a lab takes few steps.
 */
export function smallNetwork(options: SmallNetworkOptions): Network {
  const { classes, filters = [8, 16, 32], activation = 'elu', norm = true, dropout = 0 } = options;
  const { kernelInitializer = 'glorot_uniform', units = UNITS, features } = options;
  const rest = (rate: number): Layer[] => [
    Activation({ activation }),
    ...(norm ? [BatchNormalization({ momentum: 0.9 })] : []),
    ...(rate > 0 ? [Dropout({ rate })] : []),
  ];
  const trunk = [
    ...filters.flatMap((count) => [
      Conv2D({ filters: count, kernelInitializer }),
      ...rest(dropout / 2),
      MaxPooling2D(),
    ]),
    Flatten(),
  ];
  const head = [
    ...(units > 0 ? [Dense({ units, kernelInitializer }), ...rest(dropout)] : []),
    Dense({ units: classes, kernelInitializer }),
    Softmax(),
  ];
  return buildHybrid('small', [48, 48, 1], { trunk, head }, features);
}

/** Options of `deepStack`. */
export interface DeepStackOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Number of convolutions, each with 8 filters. */
  readonly depth: number;
  readonly activation: ActivationName;
  readonly norm: boolean;
}

/** Many equal convolutions in a row, on maps of 12 x 12, through which the gradient passes on its way to the first layer. */
export function deepStack({ classes, depth, activation, norm }: DeepStackOptions): Sequential {
  return new Sequential(
    'deep stack',
    [48, 48, 1],
    [
      ...Array.from({ length: depth }, (_, i) => [
        Conv2D({ filters: 8, strides: i === 0 ? 2 : 1 }),
        ...(norm ? [BatchNormalization({ momentum: 0.9 })] : []),
        Activation({ activation }),
        ...(i === 0 ? [MaxPooling2D()] : []),
      ]).flat(),
      Flatten(),
      Dense({ units: classes }),
      Softmax(),
    ],
  );
}
