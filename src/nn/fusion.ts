import type { Padding } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { Layer } from './layers.js';
import type { NormVars } from './ops/batch_norm.js';
import { convBlock } from './ops/conv_block.js';
import { eluNormPool } from './ops/elu_norm_pool.js';

/** A weight of the layer that stands `offset` places after the block's first. */
export type WeightAt = (offset: number, weight: string) => TensorVar;

/** Layers that one fused op computes together. */
export interface FusedBlock {
  /** How many layers it covers. */
  readonly length: number;
  readonly call: (ctx: Context, x: TensorVar, at: WeightAt) => TensorVar;
}

/** The settings of ELU, batch normalisation, pooling and dropout where they follow each other. */
interface BlockEnd {
  readonly length: number;
  readonly options: Parameters<typeof eluNormPool>[3];
}

/**
 * The fused op that covers the layers from `start` on, if there is one: ELU, batch normalisation over the
 * last axis, then max pooling with windows that tile the image and dropout, where they follow, and the convolution before
 * them. The result has the same mathematics, in fewer passes over memory.
 * @param channels of the values that come in
 */
export function fusedBlockAt(
  layers: readonly Layer[],
  start: number,
  channels: number,
): FusedBlock | undefined {
  const first = layers[start];
  if (first?.kind === 'Conv2D') {
    const { filters, strides, padding, useBias } = first.config;
    const end = blockEndAt(layers, start + 1, Number(filters));
    if (end === undefined) return undefined;
    const convolution = { stride: Number(strides), padding: padding as Padding };
    return {
      length: end.length + 1,
      call: (ctx, x, at) =>
        convBlock(
          ctx,
          x,
          { kernel: at(0, 'kernel'), bias: useBias ? at(0, 'bias') : undefined, norm: normAt(at, 2) },
          convolution,
          end.options,
        ),
    };
  }
  const end = blockEndAt(layers, start, channels);
  if (end === undefined) return undefined;
  return { length: end.length, call: (ctx, x, at) => eluNormPool(ctx, x, normAt(at, 1), end.options) };
}

function normAt(at: WeightAt, offset: number): NormVars {
  return {
    gamma: at(offset, 'gamma'),
    beta: at(offset, 'beta'),
    movingMean: at(offset, 'moving_mean'),
    movingVariance: at(offset, 'moving_variance'),
  };
}

function blockEndAt(layers: readonly Layer[], start: number, channels: number): BlockEnd | undefined {
  const [elu, norm] = [layers[start], layers[start + 1]];
  if (elu?.kind !== 'ELU' || norm?.kind !== 'BatchNormalization') return undefined;
  const { alpha } = elu.config;
  const { axis, epsilon, momentum } = norm.config;
  if (axis !== -1 || channels % 4 !== 0) return undefined;
  let length = 2;
  let poolSize = 1;
  const pool = layers[start + length];
  if (pool?.kind === 'MaxPooling2D') {
    const { poolSize: size, strides, padding } = pool.config;
    if (strides === size && padding === 'valid') {
      poolSize = Number(size);
      length++;
    }
  }
  let dropout = { rate: 0, layer: 0 };
  const drop = layers[start + length];
  if (drop?.kind === 'Dropout') {
    dropout = { rate: Number(drop.config['rate']), layer: start + length };
    length++;
  }
  const rates = { alpha: Number(alpha), epsilon: Number(epsilon), momentum: Number(momentum) };
  return { length, options: { ...rates, poolSize, dropout } };
}
