import type { ConvOptions } from '../gpu/kernels/conv2d_geometry.js';
import { endsInNorm } from '../gpu/kernels/elu_norm_pool.js';
import type { Extent, Padding } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { Layer } from './layer.js';
import type { NormVars } from './ops/batch_norm.js';
import { constant } from './ops/constant.js';
import { convBlock } from './ops/conv_block.js';
import { denseBlock } from './ops/dense_block.js';
import { denseHead } from './ops/dense_head.js';
import { eluNormPool } from './ops/elu_norm_pool.js';

/** The weight of the layer at position `offset` in the block. */
export type WeightAt = (offset: number, weight: string) => TensorVar;

/** Layers that one fused op computes together. */
export interface FusedBlock {
  /** Number of layers it covers. */
  readonly length: number;
  readonly call: (ctx: Context, x: TensorVar, at: WeightAt) => TensorVar;
}

/** A layer of a chain, and its position in the network. */
export interface ChainLink {
  readonly layer: Layer;
  readonly index: number;
}

/** ELU, batch normalisation and optionally pooling and dropout in a row, with their settings. */
interface BlockEnd {
  /** Positions in the chain: of the batch normalisation, and of the first layer after the block. */
  readonly norm: number;
  readonly length: number;
  readonly options: Parameters<typeof eluNormPool>[3];
}

/**
 * The fused op for the first layers of a chain, if there is one. It covers an optional convolution or dense layer, ELU, batch
 * normalisation over the last axis, optional max pooling whose windows tile the image, and optional dropout. The
 * mathematics is that of the single layers, with fewer passes over memory.
 * @param channels channels of the chain's input @param softmaxed whether the last block of a network may end in its softmax
 */
export function fusedBlock(
  chain: readonly ChainLink[],
  channels: number,
  softmaxed = false,
): FusedBlock | undefined {
  const first = chain[0]?.layer;
  if (first?.kind === 'Dense')
    return (softmaxed ? fusedHead(first, chain) : undefined) ?? fusedDense(first, chain);
  if (first?.kind !== 'Conv2D') {
    const end = blockEnd(chain, 0, channels);
    if (end === undefined) return undefined;
    const { norm, length, options } = end;
    return { length, call: (ctx, x, at) => eluNormPool(ctx, x, normAt(at, norm), options) };
  }
  const { filters, useBias, activation, groups } = first.config;
  if (groups !== undefined) return undefined; // grouped or dilated: its kernel is expanded from its weights
  const end = endAfter(activation, chain, Number(filters));
  if (end === undefined) return undefined;
  const reader = endsInNorm(end.options) ? readerOf(chain.slice(end.length), Number(filters)) : undefined;
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

/** The fused op for a dense layer and the layers that end its block. */
function fusedDense({ config: { units, useBias, activation } }: Layer, chain: readonly ChainLink[]) {
  const end = endAfter(activation, chain, Number(units));
  if (end === undefined) return undefined;
  const { norm, length, options } = end;
  const call: FusedBlock['call'] = (ctx, x, at) => {
    const bias = useBias ? at(0, 'bias') : constant(ctx, [Number(units)], 0);
    return denseBlock(ctx, x, { kernel: at(0, 'kernel'), bias, norm: normAt(at, norm) }, options);
  };
  return { length, call };
}

/** The fused op for the end of a network: the last dense block, the dense layer of the classes, and softmax. */
function fusedHead({ config: { units, useBias, activation } }: Layer, chain: readonly ChainLink[]) {
  const end = endAfter(activation, chain, Number(units));
  if (end === undefined || useBias !== true) return undefined;
  const { norm, length, options } = end;
  const [last, softmax] = chain.slice(length).map(({ layer }) => layer);
  const plain =
    last?.kind === 'Dense' && last.config['activation'] === 'linear' && last.config['useBias'] === true;
  if (!plain || softmax?.kind !== 'Softmax' || chain.length !== length + 2) return undefined;
  const call: FusedBlock['call'] = (ctx, x, at) => {
    const block = { kernel: at(0, 'kernel'), bias: at(0, 'bias'), norm: normAt(at, norm) };
    const classes = { kernel: at(length, 'kernel'), bias: at(length, 'bias') };
    const output = denseHead(ctx, x, block, options, classes);
    ctx.softmaxed?.add(output);
    return output;
  };
  return { length: length + 2, call };
}

/** The end of the block of a chain's first layer, whose activation may be the block's ELU. */
function endAfter(activation: unknown, chain: readonly ChainLink[], channels: number): BlockEnd | undefined {
  if (activation === 'linear') return blockEnd(chain, 1, channels);
  return activation === 'elu' ? normEnd(chain, 1, channels, 1) : undefined;
}

/** The options of a chain's first convolution, if that starts a fused block. */
function readerOf(chain: readonly ChainLink[], channels: number): ConvOptions | undefined {
  const first = chain[0]?.layer;
  if (first?.kind !== 'Conv2D' || fusedBlock(chain, channels) === undefined) return undefined;
  return convolutionOf(first);
}

function convolutionOf({ config: { strides, padding } }: Layer): ConvOptions {
  return { stride: strides as Extent, padding: padding as Padding };
}

function normAt(at: WeightAt, offset: number): NormVars {
  return {
    gamma: at(offset, 'gamma'),
    beta: at(offset, 'beta'),
    movingMean: at(offset, 'moving_mean'),
    movingVariance: at(offset, 'moving_variance'),
  };
}

/** The alpha of a layer that is an ELU; else undefined. */
function eluOf({ kind, config }: Layer): number | undefined {
  if (kind === 'ELU') return Number(config['alpha']);
  return kind === 'Activation' && config['activation'] === 'elu' ? 1 : undefined;
}

/** The end of a block whose ELU is at position `start`; undefined if there is none. */
function blockEnd(chain: readonly ChainLink[], start: number, channels: number): BlockEnd | undefined {
  const layer = chain[start]?.layer;
  const alpha = layer && eluOf(layer);
  return alpha === undefined ? undefined : normEnd(chain, start + 1, channels, alpha);
}

/** The same for a batch normalisation at position `start`. */
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
  if (drop?.layer.kind === 'Dropout' && drop.layer.config['perImage'] !== true) {
    dropout = { rate: Number(drop.layer.config['rate']), layer: drop.index };
    length++;
  }
  const rates = { alpha, epsilon: Number(epsilon), momentum: Number(momentum) };
  return { norm: start, length, options: { ...rates, poolSize, dropout } };
}
