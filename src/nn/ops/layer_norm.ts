import type { Context, TensorVar } from '../context.js';
import { batchNorm } from './batch_norm.js';
import { constant } from './constant.js';
import { reshape } from './reshape.js';

/**
 * Differentiable layer normalisation of x [B, ..., C]: each row of C values gets mean 0 and variance 1, then a factor and an offset
 * for each channel. It consists of two batch normalisations. The first treats each row as a channel, so it normalises by the row's
 * statistics. The second has fixed statistics, and applies the factors and offsets.
 */
export function layerNorm(
  ctx: Context,
  x: TensorVar,
  { gamma, beta }: { readonly gamma: TensorVar; readonly beta: TensorVar },
  epsilon: number,
): TensorVar {
  const { shape, size } = x.value;
  const c = shape.at(-1) ?? 1;
  const rows = size / c;
  const hidden = { ...ctx, observe: undefined };
  const fixed = (count: number) => {
    const [zeros, ones] = [0, 1].map((value) => constant(ctx, [count], value)) as [TensorVar, TensorVar];
    return { gamma: ones, beta: zeros, movingMean: zeros, movingVariance: ones };
  };
  const perRow = reshape(ctx, x, [1, rows, c]);
  const ofRows = {
    ...fixed(rows),
    movingMean: constant(ctx, [rows], 0),
    movingVariance: constant(ctx, [rows], 1),
  };
  const normal = batchNorm({ ...hidden, training: true }, perRow, ofRows, { axis: 1, momentum: 1, epsilon });
  const scaled = batchNorm(
    { ...hidden, training: false },
    reshape(ctx, normal, [rows, c]),
    { ...fixed(c), gamma, beta },
    { axis: -1, momentum: 1, epsilon: 0 },
  );
  return reshape(ctx, scaled, shape);
}
