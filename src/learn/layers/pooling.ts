import { averagePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import type { Extent, Padding } from '../../gpu/shape.js';
import {
  brief,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  paddedAt,
  total,
  valueAt,
} from './arithmetic.js';

/** Pooling: each channel on its own. */

/** Size, stride and padding of a layer's windows; a global pool has one, over the whole map. */
function windows({ placed: { layer }, x }: LayerValues) {
  const [, h = 1, w = 1] = x.shape;
  const { poolSize = [h, w], strides = poolSize, padding = 'valid' } = layer.config;
  const [size, stride] = [poolSize as Extent, strides as Extent];
  return averagePoolGeometry(x.shape, { size, stride, padding: padding as Padding });
}

type Windows = ReturnType<typeof windows>;

/** The window under an output. */
function windowOf(v: LayerValues, g: Windows, at: Position): (number | null)[][] {
  return Array.from({ length: g.kh }, (_, ky) =>
    Array.from({ length: g.kw }, (_, kx) =>
      paddedAt(v.x, { ...at, y: at.y * g.stride_y + ky - g.pad_top, x: at.x * g.stride_x + kx - g.pad_left }),
    ),
  );
}

/** Visits the windows that an input lies in: the output's pixel, and the input's place in its window. */
function windowsAround(g: Windows, at: Position, visit: (y: number, x: number, place: number) => void): void {
  for (let ky = 0; ky < g.kh; ky++) {
    for (let kx = 0; kx < g.kw; kx++) {
      const [y, x] = [(at.y + g.pad_top - ky) / g.stride_y, (at.x + g.pad_left - kx) / g.stride_x];
      if (Number.isInteger(y) && Number.isInteger(x) && y >= 0 && y < g.oh && x >= 0 && x < g.ow)
        visit(y, x, ky * g.kw + kx);
    }
  }
}

export const maxPooling: LayerArithmetic = {
  output(v, at) {
    const g = windows(v);
    const window = windowOf(v, g, at);
    const place = valueAt(needed(v.inner.get('argmax'), 'place of the maximum'), at);
    const [ky, kx] = [Math.floor(place / g.kw), place % g.kw];
    const exact = Math.max(...window.flat().filter((value) => value !== null));
    return {
      formula: 'y = max of the window',
      words: `The value in row ${ky}, column ${kx} of the window wins. Only this input gets a gradient.`,
      grids: [{ title: `window of ${g.kh} × ${g.kw}`, rows: window }],
      terms: [{ label: `winner (${ky}, ${kx})`, value: window[ky]?.[kx] ?? Number.NaN }],
      kernel: valueAt(v.y, at),
      exact,
    };
  },
  inputGradient(v, at) {
    const dy = needed(v.dy, 'gradient of the output');
    const argmax = needed(v.inner.get('argmax'), 'place of the maximum');
    const terms: { label: string; value: number }[] = [];
    let lost = 0;
    windowsAround(windows(v), at, (y, x, place) => {
      const output = { ...at, y, x };
      if (valueAt(argmax, output) === place)
        terms.push({ label: `dy(${y}, ${x})`, value: valueAt(dy, output) });
      else lost++;
    });
    const won = terms.length > 0;
    return {
      formula: 'dx = Σ dy of the windows that x won',
      words: won
        ? `The value ${brief(valueAt(v.x, at))} won ${terms.length} of its windows, and gets their gradients whole.`
        : `The value ${brief(valueAt(v.x, at))} won none of its ${lost} windows: a slightly different value would change nothing, so its gradient is 0.`,
      grids: [],
      terms,
      exact: total(terms.map(({ value }) => value)),
    };
  },
};

export const averagePooling: LayerArithmetic = {
  output(v, at) {
    const window = windowOf(v, windows(v), at);
    const inside = window.flat().filter((value) => value !== null);
    const sum = total(inside);
    const shown = window.length <= 12;
    return {
      formula: 'y = mean of the window',
      words: `The mean of ${inside.length} values. Padding does not count.`,
      grids: shown ? [{ title: 'window', rows: window }] : [],
      terms: [
        { label: 'sum', value: sum },
        { label: 'number of values', value: inside.length },
      ],
      kernel: valueAt(v.y, at),
      exact: sum / inside.length,
    };
  },
  inputGradient(v, at) {
    const dy = needed(v.dy, 'gradient of the output');
    const g = windows(v);
    const terms: { label: string; value: number }[] = [];
    windowsAround(g, at, (y, x) => {
      const output = { ...at, y, x };
      const count = windowOf(v, g, output)
        .flat()
        .filter((value) => value !== null).length;
      terms.push({ label: `dy(${y}, ${x}) / ${count}`, value: valueAt(dy, output) / count });
    });
    return {
      formula: 'dx = Σ dy / number of values in the window',
      words:
        'Each value of a window has the same share in its mean, so each gets the same share of the gradient.',
      grids: [],
      terms,
      exact: total(terms.map(({ value }) => value)),
    };
  },
};
