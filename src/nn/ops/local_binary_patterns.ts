import {
  binaryPatterns,
  type PatternGrid,
  patternGeometry,
  patternHistograms,
  restoreGray,
} from '../../gpu/kernels/local_binary_patterns.js';
import { Var } from '../autograd.js';
import type { Context, TensorVar } from '../context.js';

/** What undoes the preprocessing of the images: gray = scale * image + mean. */
export interface PixelVars {
  /** [H, W] */
  readonly mean: TensorVar;
  /** [1] */
  readonly scale: TensorVar;
}

/**
 * Shares of local binary patterns [B, K] in the cells of images [B, H, W, 1]; see shaders/local_binary_patterns.wgsl. They have
 * no gradient. @param chosen the features to compute, by their numbers
 */
export function localBinaryPatterns(
  { rec }: Context,
  images: TensorVar,
  pixels: PixelVars,
  grid: PatternGrid,
  chosen: readonly number[],
): TensorVar {
  const g = patternGeometry(images.value.shape, grid, chosen.length);
  const numbers = rec.allocPrivate([chosen.length], 'chosen');
  rec.gpu.write(numbers, Uint32Array.from(chosen));
  const gray = restoreGray(rec, images.value, { mean: pixels.mean.value, scale: pixels.scale.value }, g);
  const bins = binaryPatterns(rec, gray, g);
  const y = patternHistograms(rec, bins, numbers, g);
  for (const tensor of [gray, bins]) rec.release(tensor);
  return new Var(y, false, rec.currentScope);
}
