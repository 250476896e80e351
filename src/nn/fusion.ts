import type { ConvOptions } from '../gpu/kernels/conv2d_geometry.js';
import { allWin } from '../gpu/kernels/elu_norm_pool.js';
import type { Padding } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { Layer } from './layer.js';
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

/** A layer of a chain, and its position in the network. */
export interface ChainLink {
  readonly layer: Layer;
  readonly index: number;
}

/** The settings of ELU, batch normalisation, pooling and dropout where they follow each other. */
interface BlockEnd {
  /** How many layers of the chain it begins and ends after. */
  readonly norm: number;
  readonly length: number;
  readonly options: Parameters<typeof eluNormPool>[3];
}

/**
 * The fused op that covers the first layers of a chain, if there is one: ELU, batch normalisation over the last axis, then
 * max pooling with windows that tile the image and dropout, where they follow, and the convolution before them. The
 * result has the same mathematics, in fewer passes over memory.
 * @param channels of the values that come in
 */
export function fusedBlock(chain: readonly ChainLink[], channels: number): FusedBlock | undefined {
  const first = chain[0]?.layer;
  if (first?.kind !== 'Conv2D') {
    const end = blockEnd(chain, 0, channels);
    if (end === undefined) return undefined;
    const { norm, length, options } = end;
    return { length, call: (ctx, x, at) => eluNormPool(ctx, x, normAt(at, norm), options) };
  }
  const { filters, useBias, activation } = first.config;
  const end =
    activation === 'linear'
      ? blockEnd(chain, 1, Number(filters))
      : activation === 'elu'
        ? normEnd(chain, 1, Number(filters), 1)
        : undefined;
  if (end === undefined) return undefined;
  const reader = allWin(end.options) ? readerOf(chain.slice(end.length), Number(filters)) : undefined;
  return {
    length: end.length,
    call: (ctx, x, at) =>
      convBlock(
        ctx,
        x,
        { kernel: at(0, 'kernel'), bias: useBias ? at(0, 'bias') : undefined, norm: normAt(at, end.norm) },
        convolutionOf(first),
        end.options,
        reader && { kernel: at(end.length, 'kernel'), convolution: reader },
      ),
  };
}

/** The convolution that a chain begins with, if it is that of a fused block. */
function readerOf(chain: readonly ChainLink[], channels: number): ConvOptions | undefined {
  const first = chain[0]?.layer;
  if (first?.kind !== 'Conv2D' || fusedBlock(chain, channels) === undefined) return undefined;
  return convolutionOf(first);
}

function convolutionOf({ config: { strides, padding } }: Layer): ConvOptions {
  return { stride: Number(strides), padding: padding as Padding };
}

function normAt(at: WeightAt, offset: number): NormVars {
  return {
    gamma: at(offset, 'gamma'),
    beta: at(offset, 'beta'),
    movingMean: at(offset, 'moving_mean'),
    movingVariance: at(offset, 'moving_variance'),
  };
}

/** Its alpha, if the layer is an ELU. */
function eluOf({ kind, config }: Layer): number | undefined {
  if (kind === 'ELU') return Number(config['alpha']);
  return kind === 'Activation' && config['activation'] === 'elu' ? 1 : undefined;
}

/** The end of a block whose ELU stands at `start`. */
function blockEnd(chain: readonly ChainLink[], start: number, channels: number): BlockEnd | undefined {
  const layer = chain[start]?.layer;
  const alpha = layer && eluOf(layer);
  return alpha === undefined ? undefined : normEnd(chain, start + 1, channels, alpha);
}

/** The same, from the batch normalisation at `start` on. */
function normEnd(
  chain: readonly ChainLink[],
  start: number,
  channels: number,
  alpha: number,
): BlockEnd | undefined {
  const norm = chain[start]?.layer;
  if (norm?.kind !== 'BatchNormalization') return undefined;
  const { axis, epsilon, momentum, center, scale } = norm.config;
  if (axis !== -1 || norm.config['trainable'] === false || !center || !scale || channels % 4 !== 0)
    return undefined;
  let length = start + 1;
  let poolSize = 1;
  const pool = chain[length]?.layer;
  if (pool?.kind === 'MaxPooling2D') {
    const { poolSize: size, strides, padding } = pool.config;
    if (strides === size && padding === 'valid') {
      poolSize = Number(size);
      length++;
    }
  }
  let dropout = { rate: 0, layer: 0 };
  const drop = chain[length];
  if (drop?.layer.kind === 'Dropout') {
    dropout = { rate: Number(drop.layer.config['rate']), layer: drop.index };
    length++;
  }
  const rates = { alpha, epsilon: Number(epsilon), momentum: Number(momentum) };
  return { norm: start, length, options: { ...rates, poolSize, dropout } };
}
