import { ShapeError } from '../errors.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { nhwc, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/local_binary_patterns.wgsl. */
const params = u32s('b', 'h', 'w', 'radius', 'diagonal', 'cells', 'features');
const restoreKernel = defineKernel('local_binary_patterns', 'restore', {
  reads: ['image', 'mean', 'scale'],
  writes: ['gray'],
  params,
});
const patternsKernel = defineKernel('local_binary_patterns', 'patterns', {
  reads: ['gray'],
  writes: ['bins'],
  params,
});
const histogramsKernel = defineKernel('local_binary_patterns', 'histograms', {
  reads: ['bins', 'chosen'],
  writes: ['y'],
  params,
});

/** Bins of a histogram of uniform patterns of eight neighbours: 58 patterns, and one for all others. */
export const PATTERN_BINS = 59;

/** The extents, by the names of the kernels' params. */
export type PatternGeometry = Readonly<Record<keyof typeof params, number>>;

/** What is computed of an image. */
export interface PatternGrid {
  /** Distance of the neighbours in pixels. */
  readonly radius: number;
  /** Cells along each edge of the image. */
  readonly cells: number;
}

/**
 * All extents, from images [B, H, W, 1], the grid, and the number of features. Throws ShapeError for images with more than one
 * channel, and for cells without pixels.
 */
export function patternGeometry(
  image: Shape,
  { radius, cells }: PatternGrid,
  features: number,
): PatternGeometry {
  const { b, h, w, c } = nhwc('local_binary_patterns', image);
  if (c !== 1)
    throw new ShapeError('local_binary_patterns', 'images are gray', '[*, *, *, 1]', `${c} channels`);
  if (Math.min(h, w) - 2 * radius < cells) {
    throw new ShapeError(
      'local_binary_patterns',
      `${cells} x ${cells} cells with neighbours at ${radius} pixels fit into the image`,
      `${cells + 2 * radius} pixels or more`,
      `${h} x ${w}`,
    );
  }
  return { b, h, w, radius, diagonal: Math.round(256 * radius * Math.SQRT1_2), cells, features };
}

/** What undoes the preprocessing of an image: gray = scale * image + mean. */
export interface PixelScale {
  /** [H, W] */
  readonly mean: Tensor;
  /** [1] */
  readonly scale: Tensor;
}

/** Whole gray levels (u32) [B, H, W] of preprocessed images [B, H, W, 1]. */
export function restoreGray(
  rec: Recorder,
  image: Tensor,
  { mean, scale }: PixelScale,
  g: PatternGeometry,
): Tensor {
  const gray = rec.alloc([g.b, g.h, g.w], 'gray');
  const workgroups = Math.ceil(gray.size / GROUP);
  rec.dispatch(restoreKernel, { bind: { image, mean, scale, gray }, params: { ...g }, workgroups });
  return gray;
}

/** The bin (u32) of each pixel's pattern, [B, H - 2r, W - 2r], from gray levels (u32) [B, H, W]. */
export function binaryPatterns(rec: Recorder, gray: Tensor, g: PatternGeometry): Tensor {
  const bins = rec.alloc([g.b, g.h - 2 * g.radius, g.w - 2 * g.radius], 'bins');
  const workgroups = Math.ceil(bins.size / GROUP);
  rec.dispatch(patternsKernel, { bind: { gray, bins }, params: { ...g }, workgroups });
  return bins;
}

/** The shares y [B, K] of the chosen bins (u32) [K] in their cells, from the bins (u32) of all pixels. */
export function patternHistograms(rec: Recorder, bins: Tensor, chosen: Tensor, g: PatternGeometry): Tensor {
  const y = rec.alloc([g.b, g.features], 'y');
  const workgroups = Math.ceil(y.size / GROUP);
  rec.dispatch(histogramsKernel, { bind: { bins, chosen, y }, params: { ...g }, workgroups });
  return y;
}
