import { dropoutThreshold } from '../../gpu/kernels/dropout.js';
import { dropoutMask } from '../../reference/dropout.js';
import {
  brief,
  indexOf,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  total,
  type Values,
  valueAt,
} from './arithmetic.js';

/** Layers that only choose, move or add values. */

/** Whether dropout keeps the value at a position: the same function of seed, step, layer and place as in the kernel. */
function kept(v: LayerValues, at: Position): boolean {
  const rate = Number(v.placed.layer.config['rate']);
  const channels = v.x.shape.at(-1) ?? 1;
  const { kind, config } = v.placed.layer;
  const place =
    config['perImage'] === true
      ? at.image
      : kind === 'SpatialDropout2D'
        ? at.image * channels + at.c
        : indexOf(v.x, at);
  return dropoutMask(place + 1, rate, v.seed, v.step, v.index)[place] === 1;
}

export const dropout: LayerArithmetic = {
  output(v, at) {
    const rate = Number(v.placed.layer.config['rate']);
    const keep = rate === 0 || kept(v, at);
    const x = valueAt(v.x, at);
    const scale = 1 / (1 - rate);
    return {
      formula: 'y = mask · x / (1 − p)',
      words: keep
        ? 'The mask keeps this value. It grows by 1 / (1 − p), so that the expected sum stays what it is without dropout.'
        : 'The mask drops this value: the next layer sees 0, and the value gets no gradient.',
      grids: [],
      terms: [
        { label: 'x', value: x },
        { label: 'p', value: rate },
        { label: 'mask', value: Number(keep) },
        { label: '1 / (1 − p)', value: scale },
        {
          label: 'kept if the hash of seed, step, layer and place is at least',
          value: dropoutThreshold(rate),
        },
        { label: 'seed', value: v.seed },
        { label: 'step (from 0)', value: v.step },
        { label: 'layer', value: v.index },
      ],
      kernel: valueAt(v.y, at),
      exact: keep ? x * scale : 0,
    };
  },
  inputGradient(v, at) {
    const rate = Number(v.placed.layer.config['rate']);
    const keep = rate === 0 || kept(v, at);
    const dy = valueAt(needed(v.dy, 'gradient of the output'), at);
    return {
      formula: 'dx = mask · dy / (1 − p)',
      words: 'The same mask as in the forward pass, generated again from the same hash: nothing was stored.',
      grids: [],
      terms: [
        { label: 'dy', value: dy },
        { label: 'mask', value: Number(keep) },
        { label: '1 / (1 − p)', value: 1 / (1 - rate) },
      ],
      exact: keep ? dy / (1 - rate) : 0,
    };
  },
};

export const addition: LayerArithmetic = {
  output(v, at) {
    const terms = [v.x, ...v.others].map((input, i) => ({
      label: `input ${i + 1}`,
      value: valueAt(input, at),
    }));
    return {
      formula: 'y = Σ inputs',
      words: 'The sum of the same place in all inputs: a skip connection joins here.',
      grids: [],
      terms,
      kernel: valueAt(v.y, at),
      exact: total(terms.map(({ value }) => value)),
    };
  },
  inputGradient(v, at) {
    const dy = valueAt(needed(v.dy, 'gradient of the output'), at);
    return {
      formula: 'dx = dy, for every input',
      words: 'A sum hands its gradient on to all of its inputs.',
      grids: [],
      terms: [{ label: 'dy', value: dy }],
      exact: dy,
    };
  },
};

/** Which input a channel of the whole comes from, and the channel there. */
function partAt(v: LayerValues, c: number): { readonly input: number; readonly c: number } {
  let [input, left] = [0, c];
  for (const { shape } of [v.x, ...v.others]) {
    const channels = shape.at(-1) ?? 1;
    if (left < channels) break;
    left -= channels;
    input++;
  }
  return { input, c: left };
}

export const concatenation: LayerArithmetic = {
  output(v, at) {
    const { input, c } = partAt(v, at.c);
    const x = valueAt(needed([v.x, ...v.others][input], `input ${input + 1}`), { ...at, c });
    return {
      formula: 'y = x',
      words: `The inputs lie side by side. This value is channel ${c} of input ${input + 1}.`,
      grids: [],
      terms: [{ label: 'x', value: x }],
      kernel: valueAt(v.y, at),
      exact: x,
    };
  },
  inputGradient(v, at, input) {
    const before = [v.x, ...v.others]
      .slice(0, input)
      .reduce((channels, { shape }) => channels + (shape.at(-1) ?? 1), 0);
    const dy = valueAt(needed(v.dy, 'gradient of the output'), { ...at, c: before + at.c });
    return {
      formula: 'dx = dy at the place that x moved to',
      words: `Input ${input + 1} gets its own part of the gradient.`,
      grids: [],
      terms: [{ label: 'dy', value: dy }],
      exact: dy,
    };
  },
};

/** The same place, counted in the flat array of one image. */
function sameElement(from: Values, to: Values, at: Position): number {
  const size = (values: Values): number => values.shape.slice(1).reduce((n, e) => n * e, 1);
  const offset = indexOf(from, at) - at.image * size(from);
  return to.data[at.image * size(to) + offset] ?? Number.NaN;
}

export const flatten: LayerArithmetic = {
  output(v, at) {
    const x = sameElement(v.y, v.x, at);
    return {
      formula: 'y = x',
      words:
        'The values are read row by row, pixel by pixel, channel by channel, and keep their order in the new shape. No value changes.',
      grids: [],
      terms: [{ label: 'x', value: x }],
      kernel: valueAt(v.y, at),
      exact: x,
    };
  },
  inputGradient(v, at) {
    const dy = sameElement(v.x, needed(v.dy, 'gradient of the output'), at);
    return {
      formula: 'dx = dy',
      words: 'The gradient goes back to the place where the value came from.',
      grids: [],
      terms: [{ label: 'dy', value: dy }],
      exact: dy,
    };
  },
};

/** The place in the input that a place of the output comes from: axis d of the output is axis dims[d] of the input. */
function turned({ placed }: LayerValues, at: Position, back: boolean): Position {
  const dims = placed.layer.config['dims'] as readonly number[];
  const from = [at.y, at.x, at.c];
  const to = [0, 0, 0];
  for (const [d, axis] of dims.entries()) {
    if (back) to[d] = from[axis - 1] as number;
    else to[axis - 1] = from[d] as number;
  }
  const [y = 0, x = 0, c = 0] = to;
  return { image: at.image, y, x, c };
}

export const permutation: LayerArithmetic = {
  output(v, at) {
    const place = turned(v, at, false);
    const x = valueAt(v.x, place);
    return {
      formula: 'y = x at the place with its axes in another order',
      words: `The value of the input at (${place.y}, ${place.x}), channel ${place.c}. No value changes.`,
      grids: [],
      terms: [{ label: 'x', value: x }],
      kernel: valueAt(v.y, at),
      exact: x,
    };
  },
  inputGradient(v, at) {
    const dy = valueAt(needed(v.dy, 'gradient of the output'), turned(v, at, true));
    return {
      formula: 'dx = dy at the place that x moved to',
      words: 'The gradient goes back to the place where the value came from.',
      grids: [],
      terms: [{ label: 'dy', value: dy }],
      exact: dy,
    };
  },
};

/** Rows and columns that a layer adds, or cuts off, before the map. */
function margins({ placed: { layer } }: LayerValues): { top: number; left: number } {
  const { padding: added, cropping: cut } = layer.config;
  const [top = 0, , left = 0] = (added ?? cut) as readonly number[];
  return { top, left };
}

export const padding: LayerArithmetic = {
  output(v, at) {
    const { top, left } = margins(v);
    const [, h = 1, w = 1] = v.x.shape;
    const [y, x] = [at.y - top, at.x - left];
    const inside = y >= 0 && y < h && x >= 0 && x < w;
    const exact = inside ? valueAt(v.x, { ...at, y, x }) : 0;
    return {
      formula: 'y = x inside, 0 in the margin',
      words: inside ? `The value of the input at (${y}, ${x}).` : 'A zero of the margin.',
      grids: [],
      terms: [],
      kernel: valueAt(v.y, at),
      exact,
    };
  },
  inputGradient(v, at) {
    const { top, left } = margins(v);
    const dy = valueAt(needed(v.dy, 'gradient of the output'), { ...at, y: at.y + top, x: at.x + left });
    return {
      formula: 'dx = dy at the place that x moved to',
      words: `The gradient ${brief(dy)} of the output goes back unchanged; that of the margin is dropped.`,
      grids: [],
      terms: [{ label: 'dy', value: dy }],
      exact: dy,
    };
  },
};

export const cropping: LayerArithmetic = {
  output(v, at) {
    const { top, left } = margins(v);
    const [y, x] = [at.y + top, at.x + left];
    return {
      formula: 'y = x inside, without its margin',
      words: `The value of the input at (${y}, ${x}).`,
      grids: [],
      terms: [],
      kernel: valueAt(v.y, at),
      exact: valueAt(v.x, { ...at, y, x }),
    };
  },
  inputGradient(v, at) {
    const { top, left } = margins(v);
    const dy = needed(v.dy, 'gradient of the output');
    const [, h = 1, w = 1] = dy.shape;
    const [y, x] = [at.y - top, at.x - left];
    const inside = y >= 0 && y < h && x >= 0 && x < w;
    const exact = inside ? valueAt(dy, { ...at, y, x }) : 0;
    return {
      formula: 'dx = dy inside, 0 in the margin',
      words: inside
        ? `The gradient ${brief(exact)} of the output goes back unchanged.`
        : 'What was cut off gets no gradient.',
      grids: [],
      terms: [{ label: 'dy', value: exact }],
      exact,
    };
  },
};
