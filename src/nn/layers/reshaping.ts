import { ShapeError } from '../../gpu/errors.js';
import { type Order, transposedShape } from '../../gpu/kernels/transpose.js';
import { croppingGeometry, type Margins, paddingGeometry } from '../../gpu/kernels/zero_padding2d.js';
import { expectShape, formatShape, type Shape, sizeOf } from '../../gpu/shape.js';
import { type Layer, noWeights } from '../layer.js';
import { cropping2d } from '../ops/cropping2d.js';
import { reshape } from '../ops/reshape.js';
import { transpose } from '../ops/transpose.js';
import { zeroPadding2d } from '../ops/zero_padding2d.js';

/** [H, W, C] -> [H * W * C]; https://keras.io/api/layers/reshaping_layers/flatten/ */
export function Flatten(): Layer {
  return {
    kind: 'Flatten',
    config: {},
    outputShape: (input) => [sizeOf(input)],
    weights: noWeights,
    call: (ctx, [x]) => {
      const { shape, size } = x.value;
      const b = shape[0] ?? 1;
      return reshape(ctx, x, [b, size / b]);
    },
  };
}

/** Options of `Reshape`. */
export interface ReshapeOptions {
  /** The new shape, without the batch axis; one extent may be -1: it follows from the others. */
  readonly targetShape: readonly number[];
}

/** The same values in another shape, in row-major order; https://keras.io/api/layers/reshaping_layers/reshape/ */
export function Reshape({ targetShape }: ReshapeOptions): Layer {
  const shapeOf = (input: Shape): Shape => {
    const size = sizeOf(input);
    const known = targetShape.reduce((product, extent) => product * (extent === -1 ? 1 : extent), 1);
    const shape = targetShape.map((extent) => (extent === -1 ? size / known : extent));
    const fits = sizeOf(shape) === size && shape.every((extent) => Number.isInteger(extent) && extent > 0);
    if (fits) return shape;
    throw new ShapeError(
      'Reshape',
      'the number of values stays the same',
      `${size} values`,
      formatShape(targetShape),
    );
  };
  return {
    kind: 'Reshape',
    config: { targetShape },
    outputShape: shapeOf,
    weights: noWeights,
    call: (ctx, [x]) => {
      const [batch = 1, ...input] = x.value.shape;
      return reshape(ctx, x, [batch, ...shapeOf(input)]);
    },
  };
}

/** Options of `Permute`. */
export interface PermuteOptions {
  /** For each axis of the result, the number of the input's axis. 1 is the first axis after the batch. */
  readonly dims: readonly [number, number, number];
}

/** An image with its axes in another order; https://keras.io/api/layers/reshaping_layers/permute/ */
export function Permute({ dims }: PermuteOptions): Layer {
  const order: Order = [dims[0] - 1, dims[1] - 1, dims[2] - 1];
  return {
    kind: 'Permute',
    config: { dims },
    outputShape: (input) => {
      expectShape('Permute', 'input is an image', input, [null, null, null]);
      if ([...dims].sort().join() !== '1,2,3')
        throw new ShapeError('Permute', 'dims name each axis once', '1, 2 and 3', formatShape(dims));
      return transposedShape(input, order);
    },
    weights: noWeights,
    call: (ctx, [x]) => transpose(ctx, x, order),
  };
}

/** Options of `ZeroPadding2D`. */
export interface ZeroPadding2DOptions {
  /** Rows and columns of zeros: one number, [rows, columns], or [top, bottom, left, right]; default 1. */
  readonly padding?: number | readonly [number, number] | Margins;
}

/** Top, bottom, left, right from one number, [rows, columns], or all four. */
function marginsOf(given: number | readonly [number, number] | Margins): Margins {
  if (typeof given === 'number') return [given, given, given, given];
  const [rows, columns] = given;
  return given.length === 4 ? given : [rows, rows, columns, columns];
}

/** Adds rows and columns of zeros around an image; https://keras.io/api/layers/reshaping_layers/zero_padding2d/ */
export function ZeroPadding2D({ padding = 1 }: ZeroPadding2DOptions = {}): Layer {
  const margins = marginsOf(padding);
  return {
    kind: 'ZeroPadding2D',
    config: { padding: margins },
    outputShape: (input) => {
      const g = paddingGeometry([1, ...input], margins);
      return [g.oh, g.ow, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => zeroPadding2d(ctx, x, margins),
  };
}

/** Options of `Cropping2D`. */
export interface Cropping2DOptions {
  /** Rows and columns to cut off: one number, [rows, columns], or [top, bottom, left, right]; default 0. */
  readonly cropping?: number | readonly [number, number] | Margins;
}

/** Cuts rows and columns off the edges of an image; https://keras.io/api/layers/reshaping_layers/cropping2d/ */
export function Cropping2D({ cropping = 0 }: Cropping2DOptions = {}): Layer {
  const margins = marginsOf(cropping);
  return {
    kind: 'Cropping2D',
    config: { cropping: margins },
    outputShape: (input) => {
      const g = croppingGeometry([1, ...input], margins);
      return [g.h, g.w, g.c];
    },
    weights: noWeights,
    call: (ctx, [x]) => cropping2d(ctx, x, margins),
  };
}
