import { averagePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import { poolGeometry } from '../../gpu/kernels/max_pool2d.js';
import { expectShape, type Padding } from '../../gpu/shape.js';
import { type Layer, noWeights } from '../layer.js';
import { avgPool2d } from '../ops/avg_pool2d.js';
import { maxPool2d } from '../ops/max_pool2d.js';
import { reshape } from '../ops/reshape.js';

/** Options of `MaxPooling2D` and `AveragePooling2D`. */
export interface Pool2DOptions {
  /** Edge of the window; default 2. */
  readonly poolSize?: number;
  /** Default `poolSize`. */
  readonly strides?: number;
  /** Default 'valid'. */
  readonly padding?: Padding;
}

/** Max pooling over NHWC; https://keras.io/api/layers/pooling_layers/max_pooling2d/ */
export function MaxPooling2D({
  poolSize = 2,
  strides = poolSize,
  padding = 'valid',
}: Pool2DOptions = {}): Layer {
  const pool = { size: poolSize, stride: strides, padding };
  return {
    kind: 'MaxPooling2D',
    config: { poolSize, strides, padding },
    outputShape: (input) => {
      const g = poolGeometry([1, ...input], pool);
      return [g.oh, g.ow, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => maxPool2d(ctx, x, pool),
  };
}

/** Average pooling over NHWC; https://keras.io/api/layers/pooling_layers/average_pooling2d/ */
export function AveragePooling2D({
  poolSize = 2,
  strides = poolSize,
  padding = 'valid',
}: Pool2DOptions = {}): Layer {
  const pool = { size: [poolSize, poolSize], stride: strides, padding } as const;
  return {
    kind: 'AveragePooling2D',
    config: { poolSize, strides, padding },
    outputShape: (input) => {
      const g = averagePoolGeometry([1, ...input], pool);
      return [g.oh, g.ow, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => avgPool2d(ctx, x, pool),
  };
}

/** [H, W, C] -> [C], the mean of each map; https://keras.io/api/layers/pooling_layers/global_average_pooling2d/ */
export function GlobalAveragePooling2D(): Layer {
  return {
    kind: 'GlobalAveragePooling2D',
    config: {},
    outputShape: (input) => {
      expectShape('GlobalAveragePooling2D', 'input is an image', input, [null, null, null]);
      return [input.at(-1) ?? 0];
    },
    weights: noWeights,
    call: (ctx, [x]) => {
      const [b = 1, h = 1, w = 1, c = 1] = x.value.shape;
      return reshape(ctx, avgPool2d(ctx, x, { size: [h, w], stride: 1, padding: 'valid' }), [b, c]);
    },
  };
}
