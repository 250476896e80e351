import { PATTERN_BINS, type PatternGrid, patternGeometry } from '../../gpu/kernels/local_binary_patterns.js';
import type { Layer } from '../layer.js';
import { localBinaryPatterns } from '../ops/local_binary_patterns.js';

/** Options of `LocalBinaryPatterns`. */
export interface LocalBinaryPatternsOptions extends PatternGrid {
  /** Numbers of the features to compute, (cell row * cells + cell column) * 59 + bin; default: all. */
  readonly bins?: readonly number[];
}

/** Class name of the layer. Keras has no such layer: Keras files have an input in its place. */
export const LOCAL_BINARY_PATTERNS = 'LocalBinaryPatterns';

/** How many features a grid has: 59 bins in each cell. */
export function patternFeatures({ cells }: Pick<PatternGrid, 'cells'>): number {
  return cells * cells * PATTERN_BINS;
}

/**
 * Histograms of local binary patterns (Ojala et al. 2002): images [H, W, 1] -> [K]. It has no trainable weights and no gradient. Its
 * two weights undo the preprocessing of the images, gray = pixel_scale * image + pixel_mean; initially they expect gray
 * levels from 0 to 255.
 */
export function LocalBinaryPatterns({ radius, cells, bins }: LocalBinaryPatternsOptions): Layer {
  const chosen = bins ?? [...Array(patternFeatures({ cells })).keys()];
  const grid = { radius, cells };
  return {
    kind: LOCAL_BINARY_PATTERNS,
    config: { ...grid, bins: chosen },
    outputShape: (input) => {
      patternGeometry([1, ...input], grid, chosen.length);
      return [chosen.length];
    },
    weights: ([height = 1, width = 1]) => [
      { name: 'pixel_mean', shape: [height, width], initializer: 'zeros', trainable: false },
      { name: 'pixel_scale', shape: [1], initializer: 'ones', trainable: false },
    ],
    call: (ctx, [x], { get }) =>
      localBinaryPatterns(ctx, x, { mean: get('pixel_mean'), scale: get('pixel_scale') }, grid, chosen),
  };
}
