import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { finishStatistics, type Moments, type NormSaved, type NormWeights } from './batch_norm.js';
import { dropoutThreshold } from './dropout.js';
import { chunksFor, GROUP, grainConstants, grainOf, mergeGroups, runsOf, sumGroups } from './reduce.js';

/** Host side of shaders/elu_norm_pool.wgsl. */
const params = {
  ...u32s('b', 'h', 'w', 'c4', 'oh', 'ow', 'chunks'),
  alpha: 'f32',
  layer: 'u32',
  threshold: 'u32',
  keep_scale: 'f32',
  inv_n: 'f32',
} as const;
const statisticsKernel = defineKernel('elu_norm_pool', 'statistics', {
  reads: ['e'],
  writes: ['partial'],
  params,
});
const forwardKernel = defineKernel('elu_norm_pool', 'forward', {
  reads: ['e', 'mean', 'rstd', 'gamma', 'beta', 'step_state'],
  writes: ['y', 'winner'],
  params,
});
const forwardWinnersKernel = defineKernel('elu_norm_pool', 'forward_winners', {
  reads: ['mean', 'rstd', 'gamma', 'beta', 'step_state'],
  writes: ['y', 'winner'],
  params,
});
const gradientSumsKernel = defineKernel('elu_norm_pool', 'gradient_sums', {
  reads: ['dy', 'winner', 'mean', 'rstd'],
  writes: ['partial'],
  params,
});
const finishGradientsKernel = defineKernel('elu_norm_pool', 'finish_gradients', {
  reads: ['partial', 'mean', 'rstd', 'gamma'],
  writes: ['dbeta', 'dgamma', 'coefficients'],
  params,
});
const inputGradientKernel = defineKernel('elu_norm_pool', 'input_gradient', {
  reads: ['dy', 'e', 'winner', 'coefficients'],
  writes: ['dz'],
  params,
});

/** Settings of the four ops. The pooling windows tile the image; size 1 means no pooling, rate 0 no dropout. */
export interface EluNormPoolOptions {
  readonly alpha: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly poolSize: number;
  readonly dropout: { readonly rate: number; readonly layer: number };
}

/** What the backward pass needs from the forward pass. */
export interface EluNormPoolSaved extends NormSaved {
  /**
   * [B, OH, OW, C]: the e of each window's maximum, or the shader's NO_WINNER where dropout removed it. Without pooling
   * and dropout it is e itself.
   */
  readonly winner: Tensor;
}

/** The factor that dropout applies to the values it keeps. */
export function keepScale({ dropout }: Pick<EluNormPoolOptions, 'dropout'>): number {
  return 1 / (1 - dropout.rate);
}

/** Extents, params and constants for e [B, H, W, C], or for e [B, C] as images of one pixel. */
function grid({ gpu }: Recorder, shape: Shape, { poolSize, alpha, dropout }: EluNormPoolOptions) {
  const grain = grainOf(gpu);
  const [b = 1, h = 1, w = 1] = shape.length === 4 ? shape : [shape[0] ?? 1, 1, 1];
  const c4 = (shape.at(-1) ?? 4) / 4;
  const [oh, ow] = [Math.floor(h / poolSize), Math.floor(w / poolSize)];
  const outShape = shape.length === 4 ? [b, oh, ow, c4 * 4] : shape;
  const constants = { SIZE: poolSize, DROPOUT: String(dropout.rate > 0), ...grainConstants(grain) };
  const common = {
    ...{ b, h, w, c4, oh, ow, alpha, layer: dropout.layer },
    threshold: dropoutThreshold(dropout.rate),
    keep_scale: keepScale({ dropout }),
    inv_n: 1 / (b * h * w),
  };
  return { b, h, w, c4, oh, ow, outShape, constants, common, grain };
}

/** The input of the batch normalisation, with what is already known about it. */
export interface NormInput {
  /** elu(z) */
  readonly e: Tensor;
  /** Moments of e, if the convolution computed them; they are released. Default: computed here. */
  readonly moments?: Moments | undefined;
  /** The winners of 2 x 2 windows, if the convolution found them; they become part of `saved`. Default: found here. */
  readonly winner?: Tensor | undefined;
}

/**
 * Training forward from e = elu(z): batch normalisation with update of the moving averages, max pooling, dropout.
 * y is [B, OH, OW, C].
 */
export function eluNormPoolTrain(
  rec: Recorder,
  { e, moments, winner: given }: NormInput,
  weights: NormWeights,
  stepState: Tensor,
  options: EluNormPoolOptions,
): { y: Tensor; saved: EluNormPoolSaved } {
  const { saved, affine } = batchStatistics(rec, e, weights, options, moments);
  rec.release(affine);
  const { gamma, beta } = weights;
  const { b, oh, ow, c4, outShape, constants, common, grain } = grid(rec, e.shape, options);
  const normOnly = endsInNorm(options);
  const y = rec.alloc(outShape, 'y');
  // The binding needs a buffer even where e is the winner. The kernel does not write it.
  const winner = given ?? rec.alloc(normOnly ? [4] : outShape, 'winner');
  const tensors = { ...saved, gamma, beta, step_state: stepState, y, winner };
  rec.dispatch(given === undefined ? forwardKernel : forwardWinnersKernel, {
    bind: given === undefined ? { e, ...tensors } : tensors,
    params: { ...common, chunks: 0 },
    constants,
    workgroups: Math.ceil((b * oh * c4) / GROUP),
    depth: runsOf(grain, ow),
  });
  return { y, saved: { ...saved, winner: normOnly ? e : winner } };
}

/**
 * Training forward of a block without pooling and dropout, with its normalisation deferred: instead of storing y, it
 * returns the `affine` [2, C] with y = e * scale + offset, which the next convolution applies. The backward pass is the same.
 * Throws Error with pooling or dropout.
 */
export function eluNormDeferred(
  rec: Recorder,
  { e, moments }: NormInput,
  weights: NormWeights,
  options: EluNormPoolOptions,
): { affine: Tensor; saved: EluNormPoolSaved } {
  if (!endsInNorm(options)) throw new Error('a batch norm followed by pooling or dropout cannot be deferred');
  const { saved, affine } = batchStatistics(rec, e, weights, options, moments);
  return { affine, saved: { ...saved, winner: e } };
}

/** Whether a block ends in its batch normalisation, without pooling and dropout. */
export function endsInNorm({ poolSize, dropout }: EluNormPoolOptions): boolean {
  return poolSize === 1 && dropout.rate === 0;
}

/** Mean and rstd [C] of e over the batch, and the normalisation as an affine. Updates the moving averages. */
function batchStatistics(
  rec: Recorder,
  e: Tensor,
  weights: NormWeights,
  options: EluNormPoolOptions,
  given: Moments | undefined,
): { saved: NormSaved; affine: Tensor } {
  const { b, h, w, c4 } = grid(rec, e.shape, options);
  const { partial, chunks } = given ?? momentsOf(rec, e, options);
  const cut = { outer: b * h * w, channels: c4, inner: 1, chunks };
  const made = finishStatistics(rec, partial, weights, cut, options);
  rec.release(partial);
  return made;
}

function momentsOf(rec: Recorder, e: Tensor, options: EluNormPoolOptions): Moments {
  const { b, h, w, c4, constants, common, grain } = grid(rec, e.shape, options);
  const rows = b * h * w;
  const chunks = Math.min(rows, chunksFor(grain, rows, c4));
  const partial = rec.alloc([2, chunks, c4 * 4], 'partial');
  rec.dispatch(statisticsKernel, {
    bind: { e, partial },
    params: { ...common, chunks },
    constants,
    workgroups: sumGroups(grain, c4, chunks),
  });
  return { partial, chunks };
}

/**
 * The gradient of a block before dz is computed: everything that dz follows from. `computeDz` computes dz. Some ways of a
 * convolution compute dz themselves, without storing it.
 */
export interface BlockGradient {
  readonly dy: Tensor;
  readonly e: Tensor;
  readonly winner: Tensor;
  /** [4, C]: mean, scale, constant and slope. */
  readonly coefficients: Tensor;
  readonly options: EluNormPoolOptions;
}

/** dgamma and dbeta [C] from dy [B, OH, OW, C], and `gradient`, everything that dz follows from. */
export function eluNormPoolGradients(
  rec: Recorder,
  dy: Tensor,
  e: Tensor,
  { gamma }: NormWeights,
  { mean, rstd, winner }: EluNormPoolSaved,
  options: EluNormPoolOptions,
): { gradient: BlockGradient; dgamma: Tensor; dbeta: Tensor } {
  const { b, oh, ow, c4, constants, common, grain } = grid(rec, e.shape, options);
  const chunks = chunksFor(grain, b * oh * ow, c4);
  const channels = [c4 * 4];
  const partial = rec.alloc([chunks, 2, ...channels], 'partial');
  rec.dispatch(gradientSumsKernel, {
    bind: { dy, winner, mean, rstd, partial },
    params: { ...common, chunks },
    constants,
    workgroups: sumGroups(grain, c4, chunks),
  });
  const dbeta = rec.alloc(channels, 'dbeta');
  const dgamma = rec.alloc(channels, 'dgamma');
  const coefficients = rec.alloc([4, ...channels], 'coefficients');
  rec.dispatch(finishGradientsKernel, {
    bind: { partial, mean, rstd, gamma, dbeta, dgamma, coefficients },
    params: { ...common, chunks },
    constants,
    workgroups: mergeGroups(grain, c4),
  });
  rec.release(partial);
  return { gradient: { dy, e, winner, coefficients, options }, dgamma, dbeta };
}

/** dz, the gradient at the input of ELU, with e's shape. */
export function computeDz(rec: Recorder, { options, ...tensors }: BlockGradient): Tensor {
  const { b, h, w, c4, constants, common, grain } = grid(rec, tensors.e.shape, options);
  const dz = rec.alloc(tensors.e.shape, 'dz');
  rec.dispatch(inputGradientKernel, {
    bind: { ...tensors, dz },
    params: { ...common, chunks: 0 },
    constants,
    workgroups: Math.ceil((b * Math.ceil(h / options.poolSize) * c4) / GROUP),
    depth: runsOf(grain, Math.ceil(w / options.poolSize)),
  });
  return dz;
}

/** All gradients from dy [B, OH, OW, C]: dz with e's shape, dgamma and dbeta [C]. */
export function eluNormPoolBackward(
  rec: Recorder,
  dy: Tensor,
  e: Tensor,
  weights: NormWeights,
  saved: EluNormPoolSaved,
  options: EluNormPoolOptions,
): { dz: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const { gradient, dgamma, dbeta } = eluNormPoolGradients(rec, dy, e, weights, saved, options);
  const dz = computeDz(rec, gradient);
  rec.release(gradient.coefficients);
  return { dz, dgamma, dbeta };
}
