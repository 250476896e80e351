import { ShapeError } from '../errors.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { formatShape, type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import {
  chunksFor,
  GROUP,
  type Grain,
  grainConstants,
  grainOf,
  lanesFor,
  mergeGroups,
  sumGroups,
} from './reduce.js';

/** Host side of shaders/batch_norm.wgsl. */
const STATISTICS = { outer: 'u32', channels: 'u32', inner: 'u32', chunks: 'u32' } as const;
const statisticsKernel = defineKernel('batch_norm', 'statistics', {
  reads: ['x'],
  writes: ['partial'],
  params: STATISTICS,
});
const finishKernel = defineKernel('batch_norm', 'finish', {
  reads: ['partial', 'gamma', 'beta'],
  writes: ['mean', 'rstd', 'affine', 'moving_mean', 'moving_variance'],
  params: { ...STATISTICS, epsilon: 'f32', momentum: 'f32' },
});
const movingRstdKernel = defineKernel('batch_norm', 'moving_rstd', {
  reads: ['moving_variance'],
  writes: ['moving_rstd'],
  params: { channels: 'u32', epsilon: 'f32' },
});
const normalizeKernel = defineKernel('batch_norm', 'normalize_values', {
  reads: ['x', 'mean', 'rstd', 'gamma', 'beta'],
  writes: ['y'],
  params: { outer: 'u32', channels: 'u32', inner: 'u32', rows: 'u32' },
});
const gradientSumsKernel = defineKernel('batch_norm', 'gradient_sums', {
  reads: ['dy', 'x', 'mean', 'rstd'],
  writes: ['partial'],
  params: STATISTICS,
});
const finishGradientsKernel = defineKernel('batch_norm', 'finish_gradients', {
  reads: ['partial'],
  writes: ['dbeta', 'dgamma'],
  params: { channels: 'u32', chunks: 'u32' },
});
const inputGradientKernel = defineKernel('batch_norm', 'input_gradient', {
  reads: ['dy', 'x', 'mean', 'rstd', 'gamma', 'dbeta', 'dgamma'],
  writes: ['dx'],
  params: { outer: 'u32', channels: 'u32', inner: 'u32', rows: 'u32', inv_n: 'f32' },
});

/** x viewed as [outer, C, inner]. */
export interface NormGeometry {
  readonly shape: Shape;
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** Learned scale and offset per channel, and the moving averages; all [C]. */
export interface NormWeights {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly movingMean: Tensor;
  readonly movingVariance: Tensor;
}

/** What the backward pass needs from the forward pass; both [C]. */
export interface NormSaved {
  readonly mean: Tensor;
  readonly rstd: Tensor;
}

/**
 * Views a tensor of rank 2 or more as [outer, C, inner].
 * @param axis the channel axis: -1 for NHWC and features, 1 for NCHW. Throws ShapeError.
 */
export function normGeometry(shape: Shape, axis = -1): NormGeometry {
  const at = axis < 0 ? shape.length + axis : axis;
  const channels = shape[at];
  if (channels === undefined || shape.length < 2) {
    throw new ShapeError(
      'batch_norm',
      `axis ${axis} names the channels`,
      `rank 2 or more with an axis ${axis}`,
      formatShape(shape),
    );
  }
  return { shape, outer: sizeOf(shape.slice(0, at)), channels, inner: sizeOf(shape.slice(at + 1)) };
}

/** Rows per invocation of an element-wise pass. */
const ROWS = 8;

/** The geometry counted in lanes, with the grids of the sums and of the element-wise passes. */
function laned(g: NormGeometry, grain: Grain) {
  const { LANE, width } = g.inner === 1 ? lanesFor(g.channels) : { LANE: 'f32', width: 1 };
  const { outer, inner } = g;
  const channels = g.channels / width;
  return {
    g: { outer, channels, inner },
    constants: { LANE, ...grainConstants(grain) },
    chunks: Math.min(outer, chunksFor(grain, outer * inner, channels)),
    elementwise: {
      params: { outer, channels, inner, rows: ROWS },
      workgroups: Math.ceil((Math.ceil(outer / ROWS) * channels) / GROUP),
    },
  };
}

function normalize(rec: Recorder, x: Tensor, w: NormWeights, s: NormSaved, geometry: NormGeometry): Tensor {
  const { constants, elementwise } = laned(geometry, grainOf(rec.gpu));
  const y = rec.alloc(geometry.shape, 'y');
  rec.dispatch(normalizeKernel, {
    bind: { x, mean: s.mean, rstd: s.rstd, gamma: w.gamma, beta: w.beta, y },
    ...elementwise,
    constants,
  });
  return y;
}

/** Training forward: normalises x by the statistics of the batch and updates the moving averages. y has x's shape. */
export function batchNormTrain(
  rec: Recorder,
  x: Tensor,
  w: NormWeights,
  geometry: NormGeometry,
  options: { epsilon: number; momentum: number },
): { y: Tensor; saved: NormSaved } {
  const grain = grainOf(rec.gpu);
  const { g, constants, chunks } = laned(geometry, grain);
  const params = { ...g, chunks };
  const partial = rec.alloc([2, chunks, geometry.channels], 'partial');
  rec.dispatch(statisticsKernel, {
    bind: { x, partial },
    params,
    constants,
    workgroups: sumGroups(grain, g.channels, chunks),
  });
  const { saved, affine } = finishStatistics(rec, partial, w, params, options);
  rec.release(affine);
  rec.release(partial);
  return { y: normalize(rec, x, w, saved, geometry), saved };
}

/** Mean and M2 (the sum of squared deviations from it) of equally long chunks of rows: [2, chunks, C]. */
export interface Moments {
  readonly partial: Tensor;
  readonly chunks: number;
}

/**
 * Merges the chunks of `statistics` ([2, chunks, C]) into mean and rstd [C], and updates the moving averages. `affine` [2, C] is the
 * normalisation as x * scale + offset.
 * @param cut extents of the chunked tensor, channels counted in lanes
 */
export function finishStatistics(
  rec: Recorder,
  partial: Tensor,
  w: NormWeights,
  cut: { outer: number; channels: number; inner: number; chunks: number },
  { epsilon, momentum }: { epsilon: number; momentum: number },
): { saved: NormSaved; affine: Tensor } {
  const { gamma, beta, movingMean, movingVariance } = w;
  const channels = gamma.size;
  const saved = { mean: rec.alloc([channels], 'mean'), rstd: rec.alloc([channels], 'rstd') };
  const affine = rec.alloc([2, channels], 'affine');
  const grain = grainOf(rec.gpu);
  const moving = { moving_mean: movingMean, moving_variance: movingVariance };
  rec.dispatch(finishKernel, {
    bind: { partial, gamma, beta, ...saved, affine, ...moving },
    params: { ...cut, epsilon, momentum },
    constants: { LANE: cut.channels === channels ? 'f32' : 'vec4f', ...grainConstants(grain) },
    workgroups: mergeGroups(grain, cut.channels),
  });
  return { saved, affine };
}

/** The statistics that inference normalises by: the moving mean, and 1 / sqrt(moving variance + epsilon). */
function movingStatistics(rec: Recorder, w: NormWeights, epsilon: number): NormSaved {
  const { LANE, width } = lanesFor(w.gamma.size);
  const channels = w.gamma.size / width;
  const rstd = rec.alloc(w.gamma.shape, 'moving_rstd');
  rec.dispatch(movingRstdKernel, {
    bind: { moving_variance: w.movingVariance, moving_rstd: rstd },
    params: { channels, epsilon },
    constants: { LANE, ...grainConstants(grainOf(rec.gpu)) },
    workgroups: Math.ceil(channels / GROUP),
  });
  return { mean: w.movingMean, rstd };
}

/** Inference forward: normalises x by the moving averages. y has x's shape. */
export function batchNormInfer(
  rec: Recorder,
  x: Tensor,
  w: NormWeights,
  geometry: NormGeometry,
  epsilon: number,
): { y: Tensor; saved: NormSaved } {
  const saved = movingStatistics(rec, w, epsilon);
  return { y: normalize(rec, x, w, saved, geometry), saved };
}

/**
 * dx with x's shape, dgamma and dbeta [C].
 * @param training whether the forward pass used the statistics of the batch. Then dx flows through them too.
 */
export function batchNormBackward(
  rec: Recorder,
  dy: Tensor,
  x: Tensor,
  w: NormWeights,
  saved: NormSaved,
  geometry: NormGeometry,
  training: boolean,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const grain = grainOf(rec.gpu);
  const { g, constants, chunks, elementwise } = laned(geometry, grain);
  const { mean, rstd } = saved;
  const partial = rec.alloc([chunks, 2, geometry.channels], 'partial');
  rec.dispatch(gradientSumsKernel, {
    bind: { dy, x, mean, rstd, partial },
    params: { ...g, chunks },
    constants,
    workgroups: sumGroups(grain, g.channels, chunks),
  });
  const dgamma = rec.alloc([geometry.channels], 'dgamma');
  const dbeta = rec.alloc([geometry.channels], 'dbeta');
  rec.dispatch(finishGradientsKernel, {
    bind: { partial, dbeta, dgamma },
    params: { channels: g.channels, chunks },
    constants,
    workgroups: mergeGroups(grain, g.channels),
  });
  rec.release(partial);
  const dx = rec.alloc(geometry.shape, 'dx');
  rec.dispatch(inputGradientKernel, {
    bind: { dy, x, mean, rstd, gamma: w.gamma, dbeta, dgamma, dx },
    params: { ...elementwise.params, inv_n: training ? 1 / (g.outer * g.inner) : 0 },
    constants,
    workgroups: elementwise.workgroups,
  });
  return { dx, dgamma, dbeta };
}
