import { averagePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import { poolGeometry } from '../../gpu/kernels/max_pool2d.js';
import { type Extent, expectShape, type Padding, plainExtent } from '../../gpu/shape.js';
import type { Context, TensorVar } from '../context.js';
import { type Layer, noWeights } from '../layer.js';
import { avgPool2d } from '../ops/avg_pool2d.js';
import { maxPool2d } from '../ops/max_pool2d.js';
import { reshape } from '../ops/reshape.js';

/** Options of `MaxPooling2D` and `AveragePooling2D`. */
export interface Pool2DOptions {
  /** The window; default 2. */
  readonly poolSize?: Extent;
  /** Default `poolSize`. */
  readonly strides?: Extent;
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
    config: { poolSize: plainExtent(poolSize), strides: plainExtent(strides), padding },
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
  const pool = { size: poolSize, stride: strides, padding };
  return {
    kind: 'AveragePooling2D',
    config: { poolSize: plainExtent(poolSize), strides: plainExtent(strides), padding },
    outputShape: (input) => {
      const g = averagePoolGeometry([1, ...input], pool);
      return [g.oh, g.ow, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => avgPool2d(ctx, x, pool),
  };
}

/** Options of the global pools. */
export interface GlobalPool2DOptions {
  /** Whether the result is a map of one pixel, [1, 1, C], instead of a vector; default false. */
  readonly keepdims?: boolean;
}

/** [H, W, C] -> [C], the mean of each map; https://keras.io/api/layers/pooling_layers/global_average_pooling2d/ */
export function GlobalAveragePooling2D(options: GlobalPool2DOptions = {}): Layer {
  return globalPool('GlobalAveragePooling2D', options, (ctx, x, size) =>
    avgPool2d(ctx, x, { size, stride: 1, padding: 'valid' }),
  );
}

/** [H, W, C] -> [C], the maximum of each map; https://keras.io/api/layers/pooling_layers/global_max_pooling2d/ */
export function GlobalMaxPooling2D(options: GlobalPool2DOptions = {}): Layer {
  return globalPool('GlobalMaxPooling2D', options, (ctx, x, size) => maxPool2d(ctx, x, { size }));
}

/** A pool whose one window is the whole map. */
function globalPool(
  kind: string,
  { keepdims = false }: GlobalPool2DOptions,
  pool: (ctx: Context, x: TensorVar, size: readonly [number, number]) => TensorVar,
): Layer {
  return {
    kind,
    config: keepdims ? { keepdims } : {},
    outputShape: (input) => {
      expectShape(kind, 'input is an image', input, [null, null, null]);
      const c = input.at(-1) ?? 0;
      return keepdims ? [1, 1, c] : [c];
    },
    weights: noWeights,
    call: (ctx, [x]) => {
      const [b = 1, h = 1, w = 1, c = 1] = x.value.shape;
      const y = pool(ctx, x, [h, w]);
      return keepdims ? y : reshape(ctx, y, [b, c]);
    },
  };
}
