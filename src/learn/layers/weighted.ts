import {
  extents,
  indexOf,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  total,
  type Values,
  valueAt,
} from './arithmetic.js';

/** Layers that multiply single values: by those of another input, by a slope, or by a factor of the channel. */

/** The place in an input that counts for a place of the output: the only one along an axis of extent 1. */
function placeIn(input: Values, at: Position): Position {
  const { h, w, c } = extents(input);
  return { image: at.image, y: Math.min(at.y, h - 1), x: Math.min(at.x, w - 1), c: Math.min(at.c, c - 1) };
}

/** Visits the places of the output that a place of an input counts for. */
function reached(input: Values, output: Values, at: Position, visit: (place: Position) => void): void {
  const [own, { h, w, c }] = [extents(input), extents(output)];
  for (let y = 0; y < h / own.h; y++)
    for (let x = 0; x < w / own.w; x++)
      for (let k = 0; k < c / own.c; k++) visit({ image: at.image, y: at.y + y, x: at.x + x, c: at.c + k });
}

/** The factors of an output, one of each input. */
const factorsOf = (v: LayerValues, at: Position): number[] =>
  [v.x, ...v.others].map((input) => valueAt(input, placeIn(input, at)));
const product = (factors: readonly number[]): number => factors.reduce((all, factor) => all * factor, 1);

export const multiplication: LayerArithmetic = {
  output(v, at) {
    const factors = factorsOf(v, at);
    return {
      formula: 'y = Π inputs',
      words:
        'The product of the same place in all inputs. An input with one value along an axis gives it to all places.',
      grids: [],
      terms: factors.map((value, i) => ({ label: `input ${i + 1}`, value })),
      kernel: valueAt(v.y, at),
      exact: product(factors),
    };
  },
  inputGradient(v, at, input) {
    const dy = needed(v.dy, 'gradient of the output');
    const own = needed([v.x, ...v.others][input], `input ${input + 1}`);
    let [sum, count] = [0, 0];
    reached(own, v.y, at, (place) => {
      const others = factorsOf(v, place).toSpliced(input, 1);
      sum += valueAt(dy, place) * product(others);
      count++;
    });
    return {
      formula: 'dx = Σ dy · the other inputs, over the places that x counts for',
      words: `Each input is the other's weight. This value counts for ${count} places of the output.`,
      grids: [],
      terms: [
        { label: 'places', value: count },
        { label: 'sum', value: sum },
      ],
      exact: sum,
    };
  },
};

/** The learnt slope of a place: its own, or that of its channel. */
function slopeAt(v: LayerValues, at: Position): { index: number; alpha: number } {
  const { data } = needed(v.weights.get('alpha'), 'slope');
  const index = indexOf(v.x, at) % data.length;
  return { index, alpha: data[index] ?? Number.NaN };
}

export const parametricRelu: LayerArithmetic = {
  output(v, at) {
    const x = valueAt(v.x, at);
    const { alpha } = slopeAt(v, at);
    return {
      formula: 'y = x for x > 0, else α x',
      words: 'A leaky ReLU whose slope α for negative values is a weight.',
      grids: [],
      terms: [
        { label: 'x', value: x },
        { label: 'α', value: alpha },
      ],
      kernel: valueAt(v.y, at),
      exact: x > 0 ? x : alpha * x,
    };
  },
  inputGradient(v, at) {
    const [x, dy] = [valueAt(v.x, at), valueAt(needed(v.dy, 'gradient of the output'), at)];
    const { alpha } = slopeAt(v, at);
    return {
      formula: 'dx = dy for x > 0, else α dy',
      words: 'The gradient is multiplied by the slope at the value that went in.',
      grids: [],
      terms: [
        { label: 'x', value: x },
        { label: 'α', value: alpha },
        { label: 'dy', value: dy },
      ],
      exact: x > 0 ? dy : alpha * dy,
    };
  },
  weightGradient(v, weight, index) {
    const dy = needed(v.dy, 'gradient of the output');
    const width = needed(v.weights.get('alpha'), 'slope').data.length;
    const terms: number[] = [];
    for (let i = index; i < v.x.data.length; i += width) {
      const x = v.x.data[i] ?? 0;
      if (x < 0) terms.push((dy.data[i] ?? 0) * x);
    }
    return {
      formula: 'dα = Σ dy · x, over the negative values that share α',
      words: `The slope multiplied ${terms.length} negative values; each sends back its gradient times the value.`,
      grids: [],
      terms: [{ label: `sum of ${terms.length} products`, value: total(terms) }],
      kernel: v.gradients.get(weight)?.data[index] ?? Number.NaN,
      exact: total(terms),
    };
  },
};

/** Factor and offset of a channel. */
function affineOf({ placed: { layer }, weights }: LayerValues, c: number): { scale: number; offset: number } {
  if (layer.kind === 'Normalization') {
    const [mean, variance] = ['mean', 'variance'].map((name) => weights.get(name)?.data[c] ?? Number.NaN);
    const scale = 1 / Math.max(Math.sqrt(variance as number), 1e-7);
    return { scale, offset: -(mean as number) * scale };
  }
  const own = (option: string): number => {
    const value = layer.config[option] as number | readonly number[];
    return typeof value === 'number' ? value : (value[c] ?? Number.NaN);
  };
  return { scale: own('scale'), offset: own('offset') };
}

/** Rescaling and Normalization: fixed numbers that shift and scale each channel. */
export const affine: LayerArithmetic = {
  output(v, at) {
    const { scale, offset } = affineOf(v, at.c);
    const x = valueAt(v.x, at);
    return {
      formula: 'y = scale · x + offset',
      words: `Fixed numbers of channel ${at.c}, which training leaves alone.`,
      grids: [],
      terms: [
        { label: 'x', value: x },
        { label: 'scale', value: scale },
        { label: 'offset', value: offset },
      ],
      kernel: valueAt(v.y, at),
      exact: scale * x + offset,
    };
  },
  inputGradient(v, at) {
    const { scale } = affineOf(v, at.c);
    const dy = valueAt(needed(v.dy, 'gradient of the output'), at);
    return {
      formula: 'dx = scale · dy',
      words: 'The factor is the slope of the layer.',
      grids: [],
      terms: [
        { label: 'scale', value: scale },
        { label: 'dy', value: dy },
      ],
      exact: scale * dy,
    };
  },
};
