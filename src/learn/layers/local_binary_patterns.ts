import { PATTERN_BINS } from '../../gpu/kernels/local_binary_patterns.js';
import { binaryPatterns, patternHistograms, restoreGray } from '../../reference/local_binary_patterns.js';
import { type LayerArithmetic, valueAt } from './arithmetic.js';

/** What the pixels with a bin have in common. */
function wordsOf(bin: number): string {
  if (bin === 0) return 'no neighbour is as bright as the pixel: a bright spot';
  if (bin === PATTERN_BINS - 2) return 'all neighbours are at least as bright: a dark spot or a flat place';
  if (bin === PATTERN_BINS - 1)
    return 'the bits change more than twice around the circle: none of the uniform patterns';
  const [ones, first] = [Math.floor((bin - 1) / 8) + 1, (bin - 1) % 8];
  return `${ones} neighbours in a row are at least as bright, the first of them at ${45 * first}°, counter-clockwise from the right`;
}

export const localBinaryPatterns: LayerArithmetic = {
  output(v, at) {
    const { radius, cells, bins: chosen } = v.placed.layer.config;
    const [, h = 1, w = 1] = v.x.shape;
    const s = { b: 1, h, w, radius: Number(radius), cells: Number(cells) };
    const feature = (chosen as readonly number[])[at.c] ?? Number.NaN;
    const [cell, bin] = [Math.floor(feature / PATTERN_BINS), feature % PATTERN_BINS];
    const image = Float64Array.from({ length: h * w }, (_, i) => v.x.data[at.image * h * w + i] ?? 0);
    const mean = Float64Array.from(v.weights.get('pixel_mean')?.data ?? []);
    const gray = restoreGray(image, mean, v.weights.get('pixel_scale')?.data[0] ?? 1);
    const exact = patternHistograms(binaryPatterns(gray, s), s)[feature] ?? Number.NaN;
    return {
      formula: 'y = pixels of the cell with this pattern / pixels of the cell',
      words: `Pattern ${bin}: ${wordsOf(bin)}.`,
      grids: [],
      terms: [
        { label: `feature ${at.c + 1} of ${v.y.shape.at(-1)}: its number`, value: feature },
        { label: 'row of the cell', value: Math.floor(cell / s.cells) },
        { label: 'column of the cell', value: cell % s.cells },
        { label: 'pattern', value: bin },
        { label: 'distance of the neighbours', value: s.radius },
      ],
      kernel: valueAt(v.y, at),
      exact,
    };
  },
  inputGradient: () => ({
    formula: 'dx = 0',
    words:
      'A neighbour is at least as bright or it is not: the patterns have no gradient, and send none back.',
    grids: [],
    terms: [],
    exact: 0,
  }),
};
