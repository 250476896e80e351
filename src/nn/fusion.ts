import type { Context, TensorVar } from './context.js';
import type { Layer } from './layers.js';
import { eluNormPool } from './ops/elu_norm_pool.js';

/** Layers that one fused op computes together. */
export interface FusedBlock {
  /** How many layers it covers. */
  readonly length: number;
  /** `get` gives a weight of the block's batch normalisation. */
  readonly call: (ctx: Context, x: TensorVar, get: (weight: string) => TensorVar) => TensorVar;
  /** The batch normalisation's offset in the block: whose weights `get` must give. */
  readonly norm: number;
}

/**
 * The fused op that covers the layers from `start` on, if there is one: ELU, batch normalisation over the last axis,
 * then max pooling with windows that tile the image and dropout, where they follow. The result has the same
 * mathematics, in fewer passes over memory.
 * @param channels of the values that come in
 */
export function fusedBlockAt(
  layers: readonly Layer[],
  start: number,
  channels: number,
): FusedBlock | undefined {
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
    const { rate } = drop.config;
    dropout = { rate: Number(rate), layer: start + length };
    length++;
  }
  const options = {
    ...{ alpha: Number(alpha), epsilon: Number(epsilon), momentum: Number(momentum) },
    ...{ poolSize, dropout },
  };
  return {
    length,
    norm: 1,
    call: (ctx, x, get) =>
      eluNormPool(
        ctx,
        x,
        {
          gamma: get('gamma'),
          beta: get('beta'),
          movingMean: get('moving_mean'),
          movingVariance: get('moving_variance'),
        },
        options,
      ),
  };
}
