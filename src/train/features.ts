import { affineOf, type Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { Gpu } from '../gpu/device.js';
import { PATTERN_BINS, type PatternGrid } from '../gpu/kernels/local_binary_patterns.js';
import { type DesignedFeatures, STANDARDIZED } from '../nn/hybrid.js';
import { LOCAL_BINARY_PATTERNS, patternFeatures } from '../nn/layers.js';
import type { Network } from '../nn/network.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { PatternExtractor } from '../nn/pattern_extractor.js';
import { UsageError } from '../util/errors.js';
import type { TrainConfig } from './config.js';
import { PatternTally } from './pattern_statistics.js';

/** Designed features, and what was measured on the training images. */
export interface FittedFeatures {
  readonly features: DesignedFeatures;
  /** Initial values of the weights that training does not change, by their full names. */
  readonly values: NamedArrays;
}

/** Images per run of the kernels. */
const BATCH = 256;

/** The pixels of the cell of each feature. */
function areasOf([height, width]: readonly [number, number], { radius, cells }: PatternGrid): number[] {
  const extent = (cell: number, size: number): number =>
    Math.floor(((cell + 1) * size) / cells) - Math.floor((cell * size) / cells);
  return Array.from({ length: patternFeatures({ cells }) }, (_, feature) => {
    const cell = Math.floor(feature / PATTERN_BINS);
    const row = extent(Math.floor(cell / cells), height - 2 * radius);
    return row * extent(cell % cells, width - 2 * radius);
  });
}

/**
 * Measures the designed features of training images, without augmentation, and chooses those that tell most about the class.
 * Throws UsageError for more features than there are.
 * @param train gray images of `size` (height, width), from which alone everything is measured
 * @param onImages called after each batch with the number of images that are done, and of all
 */
export async function fitFeatures(
  gpu: Gpu,
  config: TrainConfig,
  train: Split,
  size: readonly [number, number],
  onImages?: (done: number, total: number) => void,
): Promise<FittedFeatures> {
  const { features, lbpRadius: radius, lbpCells: cells, lbpBins, lbpRanking } = config;
  const grid = { radius, cells };
  const all = patternFeatures(grid);
  const wanted = lbpBins ?? all;
  if (wanted > all) {
    throw new UsageError(
      `lbp-bins = ${wanted}: ${cells} x ${cells} cells with ${PATTERN_BINS} bins have ${all}`,
    );
  }
  const classes = [...train.labels].reduce((most, label) => Math.max(most, label + 1), 1);
  const tally = new PatternTally(areasOf(size, grid), classes);
  const extractor = await PatternExtractor.open(gpu, size, grid, BATCH);
  try {
    const pixels = size[0] * size[1];
    const total = train.labels.length;
    for (let first = 0; first < total; first += BATCH) {
      const count = Math.min(BATCH, total - first);
      const shares = await extractor.extract(
        train.images.subarray(first * pixels, (first + count) * pixels),
        count,
      );
      for (let i = 0; i < count; i++)
        tally.add(shares.subarray(i * all, (i + 1) * all), train.labels[first + i] as number);
      onImages?.(first + count, total);
    }
  } finally {
    extractor.dispose();
  }
  const bins = tally.best(wanted, lbpRanking);
  const moments = bins.map((bin) => tally.moments(bin));
  const vector = (values: readonly number[]): NamedArray => ({
    shape: [values.length],
    data: Float32Array.from(values),
  });
  return {
    features: { raw: features !== 'lbp', lbp: { ...grid, bins } },
    values: new Map([
      [`${STANDARDIZED}/moving_mean`, vector(moments.map(({ mean }) => mean))],
      [`${STANDARDIZED}/moving_variance`, vector(moments.map(({ variance }) => variance))],
    ]),
  };
}

/** Whether a network computes local binary patterns itself. */
export function hasPatterns({ layers }: Network): boolean {
  return layers.some(({ layer }) => layer.kind === LOCAL_BINARY_PATTERNS);
}

/**
 * The weights by which layers of local binary patterns undo the preprocessing, by their full names. Throws RangeError when
 * what the preprocessing takes from the training images has another size than the network's input, UsageError for one that a
 * single divisor does not undo.
 */
export function pixelWeights({ layers }: Network, preprocess: Preprocess): Map<string, NamedArray> {
  const weights = new Map<string, NamedArray>();
  for (const { name, layer, inputShape } of layers) {
    if (layer.kind !== LOCAL_BINARY_PATTERNS) continue;
    const [height = 1, width = 1] = inputShape;
    const { mean, divisor, divisors, eachImage } = affineOf(preprocess, height * width);
    if (divisors !== undefined || eachImage === true) {
      throw new UsageError(
        `preprocess ${preprocess.name}: LBP features undo the preprocessing by one divisor; expected mean, scale255, minus1to1, none or standardize-global`,
      );
    }
    const data = mean ?? new Float32Array(height * width);
    weights.set(`${name}/pixel_mean`, { shape: [height, width], data });
    weights.set(`${name}/pixel_scale`, { shape: [1], data: Float32Array.of(divisor) });
  }
  return weights;
}
