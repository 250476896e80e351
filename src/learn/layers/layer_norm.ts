import {
  indexOf,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  total,
} from './arithmetic.js';

/** Layer normalisation: batch normalisation whose statistics are those of one row of channels (Ba et al. 2016). */

/** The row of a position: its values, normalised values and statistics. */
function rowOf(v: LayerValues, at: Position) {
  const count = v.x.shape.at(-1) ?? 1;
  const first = indexOf(v.x, { ...at, c: 0 });
  const values = Array.from({ length: count }, (_, c) => v.x.data[first + c] ?? Number.NaN);
  const mean = total(values) / count;
  const variance = total(values.map((x) => (x - mean) ** 2)) / count;
  const rstd = 1 / Math.sqrt(variance + Number(v.placed.layer.config['epsilon']));
  const weight = (name: string, c: number, otherwise: number): number =>
    v.weights.get(name)?.data[c] ?? otherwise;
  return {
    ...{ first, count, values, mean, variance, rstd },
    hats: values.map((x) => (x - mean) * rstd),
    gamma: (c: number): number => weight('gamma', c, 1),
    beta: (c: number): number => weight('beta', c, 0),
  };
}

export const layerNormalization: LayerArithmetic = {
  output(v, at) {
    const { values, mean, variance, rstd, hats, gamma, beta } = rowOf(v, at);
    const hat = hats[at.c] ?? Number.NaN;
    return {
      formula: 'y = γ (x − mean) / √(variance + ε) + β',
      words: `Mean and variance are those of the ${values.length} channels at this place of this image.`,
      grids: [{ title: 'x', rows: [values] }],
      terms: [
        { label: 'mean of the row', value: mean },
        { label: 'variance (biased)', value: variance },
        { label: '1 / √(variance + ε)', value: rstd },
        { label: 'normalised x', value: hat },
        { label: `γ[${at.c}]`, value: gamma(at.c) },
        { label: `β[${at.c}]`, value: beta(at.c) },
      ],
      kernel: v.y.data[indexOf(v.y, at)] ?? Number.NaN,
      exact: gamma(at.c) * hat + beta(at.c),
    };
  },
  inputGradient(v, at) {
    const { first, count, rstd, hats, gamma } = rowOf(v, at);
    const dy = needed(v.dy, 'gradient of the output');
    const scaled = hats.map((_, c) => (dy.data[first + c] ?? Number.NaN) * gamma(c));
    const meanDy = total(scaled) / count;
    const meanDyHat = total(scaled.map((d, c) => d * (hats[c] ?? 0))) / count;
    const [d, hat] = [scaled[at.c] ?? Number.NaN, hats[at.c] ?? Number.NaN];
    return {
      formula: 'dx = (γ dy − mean(γ dy) − x̂ · mean(γ dy · x̂)) / √(variance + ε), means over the row',
      words:
        'A larger x also moves the mean and the variance of its row. The two means take back what the normalisation undoes.',
      grids: [],
      terms: [
        { label: 'γ dy', value: d },
        { label: 'mean of γ dy', value: meanDy },
        { label: 'x̂', value: hat },
        { label: 'mean of γ dy · x̂', value: meanDyHat },
      ],
      exact: rstd * (d - meanDy - hat * meanDyHat),
    };
  },
  weightGradient(v, weight, index) {
    const dy = needed(v.dy, 'gradient of the output');
    const count = v.x.shape.at(-1) ?? 1;
    const terms: number[] = [];
    for (let i = index; i < dy.data.length; i += count) {
      const row = Math.floor(i / count);
      const [, h = 1, w = 1] = v.x.shape.length === 4 ? v.x.shape : [0, 1, v.x.data.length / count];
      const at = { image: Math.floor(row / (h * w)), y: Math.floor(row / w) % h, x: row % w, c: index };
      const hat = weight === 'gamma' ? (rowOf(v, at).hats[index] ?? 0) : 1;
      terms.push((dy.data[i] ?? 0) * hat);
    }
    return {
      formula: weight === 'gamma' ? 'dγ[c] = Σ dy · x̂, over all rows' : 'dβ[c] = Σ dy, over all rows',
      words: `The weight of channel ${index} is used in each of ${terms.length} rows.`,
      grids: [],
      terms: [{ label: `sum of ${terms.length} products`, value: total(terms) }],
      kernel: v.gradients.get(weight)?.data[index] ?? Number.NaN,
      exact: total(terms),
    };
  },
};
