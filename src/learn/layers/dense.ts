import { withActivation } from './activation.js';
import { type LayerArithmetic, largest, needed, total, valueAt } from './arithmetic.js';
import { biasGradient } from './convolution.js';

/** Dense layers: y[o] = Σ x[i] · w[i, o] + b[o]. */

/** How many terms of a long sum are listed. */
const LISTED = 12;

export const dense: LayerArithmetic = {
  output(v, at) {
    const kernel = needed(v.weights.get('kernel'), 'kernel');
    const [inputs = 0, units = 1] = kernel.shape;
    const terms = Array.from({ length: inputs }, (_, i) => ({
      label: `x[${i}] · w[${i}, ${at.c}]`,
      value: valueAt(v.x, { ...at, c: i }) * (kernel.data[i * units + at.c] ?? 0),
    }));
    const sum = total(terms.map(({ value }) => value));
    const bias = v.weights.get('bias')?.data[at.c];
    const end = withActivation(v, at, sum + (bias ?? 0));
    return {
      formula: 'y[o] = Σ x[i] · w[i, o] + b[o]',
      words: `Every input matters to unit ${at.c}: ${inputs} products in one sum. The largest are listed.`,
      grids: [],
      terms: [
        ...largest(terms, LISTED),
        { label: 'sum of the products', value: sum },
        ...(bias === undefined ? [] : [{ label: `bias b[${at.c}]`, value: bias }]),
        ...end.terms,
      ],
      kernel: valueAt(v.y, at),
      exact: end.exact,
    };
  },
  inputGradient(v, at) {
    const kernel = needed(v.weights.get('kernel'), 'kernel');
    const dz = needed(v.inner.get('dz') ?? v.dy, 'gradient of the output');
    const units = kernel.shape[1] ?? 1;
    const terms = Array.from({ length: units }, (_, o) => ({
      label: `dy[${o}] · w[${at.c}, ${o}]`,
      value: valueAt(dz, { ...at, y: 0, x: 0, c: o }) * (kernel.data[at.c * units + o] ?? 0),
    }));
    return {
      formula: 'dx[i] = Σ dy[o] · w[i, o]',
      words: `The input reached all ${units} units. Each sends back its gradient times the weight in between.`,
      grids: [],
      terms: largest(terms, LISTED),
      exact: total(terms.map(({ value }) => value)),
    };
  },
  weightGradient(v, weight, index) {
    const dz = needed(v.inner.get('dz') ?? v.dy, 'gradient of the output');
    const kernel = v.gradients.get(weight)?.data[index] ?? Number.NaN;
    if (weight === 'bias') return biasGradient(dz, index, kernel);
    const units = v.weights.get('kernel')?.shape[1] ?? 1;
    const [i, o] = [Math.floor(index / units), index % units];
    const images = dz.shape[0] ?? 1;
    const terms = Array.from({ length: images }, (_, image) => {
      const at = { image, y: 0, x: 0 };
      const value = valueAt(v.x, { ...at, c: i }) * valueAt(dz, { ...at, c: o });
      return { label: `image ${image}: x[${i}] · dy[${o}]`, value };
    });
    return {
      formula: 'dw[i, o] = Σ over images of x[i] · dy[o]',
      words: `The weight was used once for each of the ${images} images: its input times the gradient of its unit.`,
      grids: [],
      terms: largest(terms, LISTED),
      kernel,
      exact: total(terms.map(({ value }) => value)),
    };
  },
};
