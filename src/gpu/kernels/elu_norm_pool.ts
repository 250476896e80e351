import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import {
  type Affine,
  finishStatistics,
  type Moments,
  type NormSaved,
  type NormWeights,
} from './batch_norm.js';
import { dropoutThreshold } from './dropout.js';
import { chunksFor, GROUP } from './reduce.js';

/** Host side of shaders/elu_norm_pool.wgsl. */
const params = {
  b: 'u32',
  h: 'u32',
  w: 'u32',
  c4: 'u32',
  oh: 'u32',
  ow: 'u32',
  chunks: 'u32',
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
  reads: ['e', 'mean', 'rstd', 'gamma', 'beta', 'step'],
  writes: ['y', 'winner'],
  params,
});
const forwardWinnersKernel = defineKernel('elu_norm_pool', 'forward_winners', {
  reads: ['mean', 'rstd', 'gamma', 'beta', 'step'],
  writes: ['y', 'winner'],
  params,
});
const affineKernel = defineKernel('elu_norm_pool', 'affine', {
  reads: ['mean', 'rstd', 'gamma', 'beta'],
  writes: ['scale', 'offset'],
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

/** The settings of the four ops; pooling windows tile the image, size 1 is none, rate 0 is no dropout. */
export interface EluNormPoolOptions {
  readonly alpha: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly poolSize: number;
  readonly dropout: { readonly rate: number; readonly layer: number };
}

/** What the forward pass leaves for the backward pass. */
export interface EluNormPoolSaved extends NormSaved {
  /**
   * [B, OH, OW, C]: e at the place of each window that won, or what no e is where dropout took it away; e itself where
   * there is neither pooling nor dropout.
   */
  readonly winner: Tensor;
}

/** What dropout multiplies all by that it keeps. */
export function keepScale({ dropout }: Pick<EluNormPoolOptions, 'dropout'>): number {
  return 1 / (1 - dropout.rate);
}

/** e's shape as the kernels see it: [B, H, W, C], or [B, C] as images of one pixel. */
function grid(shape: Shape, { poolSize, alpha, dropout }: EluNormPoolOptions) {
  const [b = 1, h = 1, w = 1] = shape.length === 4 ? shape : [shape[0] ?? 1, 1, 1];
  const c4 = (shape.at(-1) ?? 4) / 4;
  const [oh, ow] = [Math.floor(h / poolSize), Math.floor(w / poolSize)];
  const outShape = shape.length === 4 ? [b, oh, ow, c4 * 4] : shape;
  const constants = { SIZE: poolSize, DROPOUT: String(dropout.rate > 0) };
  const common = {
    ...{ b, h, w, c4, oh, ow, alpha, layer: dropout.layer },
    threshold: dropoutThreshold(dropout.rate),
    keep_scale: keepScale({ dropout }),
    inv_n: 1 / (b * h * w),
  };
  return { b, h, w, c4, oh, ow, outShape, constants, common };
}

/** What is normalised. */
export interface Normalized {
  /** elu(z) */
  readonly e: Tensor;
  /** Of e, if whoever made it has them: they are released. Default: they are made. */
  readonly moments?: Moments | undefined;
  /** Of windows of 2 x 2, if whoever made e has them; it becomes part of what is saved. Default: they are found. */
  readonly winner?: Tensor | undefined;
}

/**
 * Training forward from e = elu(z): batch statistics, moving averages moved, dropout. y is [B, OH, OW, C]. Winners that
 * dropout takes away become nobody.
 */
export function eluNormPoolTrain(
  rec: Recorder,
  { e, moments, winner: given }: Normalized,
  weights: NormWeights,
  step: Tensor,
  options: EluNormPoolOptions,
): { y: Tensor; saved: EluNormPoolSaved } {
  const { mean, rstd } = batchStatistics(rec, e, weights, options, moments);
  const { gamma, beta } = weights;
  const { b, oh, c4, outShape, constants, common } = grid(e.shape, options);
  const all = allWin(options);
  const y = rec.alloc(outShape, 'y');
  // Where e is the winner, some buffer must still be bound; the kernel does not write it.
  const winner = given ?? rec.alloc(all ? [4] : outShape, 'winner');
  const tensors = { mean, rstd, gamma, beta, step, y, winner };
  rec.dispatch(given === undefined ? forwardKernel : forwardWinnersKernel, {
    bind: given === undefined ? { e, ...tensors } : tensors,
    params: { ...common, chunks: 0 },
    constants,
    workgroups: Math.ceil((b * oh * c4) / GROUP),
  });
  return { y, saved: { mean, rstd, winner: all ? e : winner } };
}

/**
 * The same where every e wins, without y: what makes it of e, for a convolution that takes an `affine`. The backward pass
 * does not change.
 */
export function eluNormLeft(
  rec: Recorder,
  { e, moments }: Normalized,
  weights: NormWeights,
  options: EluNormPoolOptions,
): { affine: Affine; saved: EluNormPoolSaved } {
  if (!allWin(options)) throw new Error('pooling or dropout stands between the normalisation and its reader');
  const { mean, rstd } = batchStatistics(rec, e, weights, options, moments);
  const { c4, constants, common } = grid(e.shape, options);
  const { gamma, beta } = weights;
  const affine = { scale: rec.alloc(gamma.shape, 'scale'), offset: rec.alloc(gamma.shape, 'offset') };
  rec.dispatch(affineKernel, {
    bind: { mean, rstd, gamma, beta, ...affine },
    params: { ...common, chunks: 0 },
    constants,
    workgroups: Math.ceil(c4 / GROUP),
  });
  return { affine, saved: { mean, rstd, winner: e } };
}

/** Whether nothing stands behind the normalisation: every e wins. */
export function allWin({ poolSize, dropout }: EluNormPoolOptions): boolean {
  return poolSize === 1 && dropout.rate === 0;
}

/** Mean and rstd of e over the batch; the moving averages move. */
function batchStatistics(
  rec: Recorder,
  e: Tensor,
  weights: NormWeights,
  options: EluNormPoolOptions,
  given: Moments | undefined,
): NormSaved {
  const { b, h, w, c4 } = grid(e.shape, options);
  const { partial, chunks } = given ?? momentsOf(rec, e, options);
  const cut = { outer: b * h * w, channels: c4, inner: 1, chunks };
  const saved = finishStatistics(rec, partial, weights, cut, options);
  rec.release(partial);
  return saved;
}

function momentsOf(rec: Recorder, e: Tensor, options: EluNormPoolOptions): Moments {
  const { b, h, w, c4, constants, common } = grid(e.shape, options);
  const rows = b * h * w;
  const chunks = Math.min(rows, chunksFor(rows, c4));
  const partial = rec.alloc([2, chunks, c4 * 4], 'partial');
  rec.dispatch(statisticsKernel, {
    bind: { e, partial },
    params: { ...common, chunks },
    constants,
    workgroups: Math.ceil((chunks * c4) / GROUP),
  });
  return { partial, chunks };
}

/** The gradient of e's layer that is not made yet: what `blockGradient` makes dz of, or a convolution that takes it so. */
export interface BlockGradient {
  readonly dy: Tensor;
  readonly e: Tensor;
  readonly winner: Tensor;
  /** [4, C]: mean, scale, constant and slope. */
  readonly coefficients: Tensor;
  readonly options: EluNormPoolOptions;
}

/** dgamma and dbeta [C] of a training forward, and all that dz is made of. */
export function eluNormPoolGradients(
  rec: Recorder,
  dy: Tensor,
  e: Tensor,
  { gamma }: NormWeights,
  { mean, rstd, winner }: EluNormPoolSaved,
  options: EluNormPoolOptions,
): { gradient: BlockGradient; dgamma: Tensor; dbeta: Tensor } {
  const { b, oh, ow, c4, constants, common } = grid(e.shape, options);
  const chunks = chunksFor(b * oh * ow, c4);
  const channels = [c4 * 4];
  const partial = rec.alloc([chunks, 2, ...channels], 'partial');
  rec.dispatch(gradientSumsKernel, {
    bind: { dy, winner, mean, rstd, partial },
    params: { ...common, chunks },
    constants,
    workgroups: Math.ceil((chunks * c4) / GROUP),
  });
  const dbeta = rec.alloc(channels, 'dbeta');
  const dgamma = rec.alloc(channels, 'dgamma');
  const coefficients = rec.alloc([4, ...channels], 'coefficients');
  rec.dispatch(finishGradientsKernel, {
    bind: { partial, mean, rstd, gamma, dbeta, dgamma, coefficients },
    params: { ...common, chunks },
    constants,
    workgroups: Math.ceil(c4 / GROUP),
  });
  rec.release(partial);
  return { gradient: { dy, e, winner, coefficients, options }, dgamma, dbeta };
}

/** dz, through ELU too, like e. */
export function blockGradient(rec: Recorder, { options, ...tensors }: BlockGradient): Tensor {
  const { b, h, c4, constants, common } = grid(tensors.e.shape, options);
  const dz = rec.alloc(tensors.e.shape, 'dz');
  rec.dispatch(inputGradientKernel, {
    bind: { ...tensors, dz },
    params: { ...common, chunks: 0 },
    constants,
    workgroups: Math.ceil((b * Math.ceil(h / options.poolSize) * c4) / GROUP),
  });
  return dz;
}

/** All gradients of a training forward: dz like e, dgamma and dbeta [C]. */
export function eluNormPoolBackward(
  rec: Recorder,
  dy: Tensor,
  e: Tensor,
  weights: NormWeights,
  saved: EluNormPoolSaved,
  options: EluNormPoolOptions,
): { dz: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const { gradient, dgamma, dbeta } = eluNormPoolGradients(rec, dy, e, weights, saved, options);
  const dz = blockGradient(rec, gradient);
  rec.release(gradient.coefficients);
  return { dz, dgamma, dbeta };
}
