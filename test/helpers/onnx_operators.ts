import { erf } from '../../src/reference/activations.js';

/** ONNX's operators in float64, by https://onnx.ai/onnx/operators/, as plain as can be. `onnx.ts` reads files and runs these. */

/** An array with its shape. */
export interface Values {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

interface Options {
  readonly ints: (name: string) => number[];
  readonly float: (name: string, otherwise: number) => number;
}
type Operator = (inputs: readonly Values[], options: Options) => Values;

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);
const at = ({ data }: Values, i: number): number => data[i] as number;

/** A new array of this shape from its elements' indices. */
function make(dims: readonly number[], value: (index: readonly number[]) => number): Values {
  const data = Array.from({ length: sizeOf(dims) }, (_, i) => {
    let rest = i;
    const index = dims.map(() => 0);
    for (let d = dims.length - 1; d >= 0; d--) {
      index[d] = rest % (dims[d] as number);
      rest = Math.floor(rest / (dims[d] as number));
    }
    return value(index);
  });
  return { dims, data };
}

/** An element by its indices; `outside` where there is none. */
function pick({ dims, data }: Values, index: readonly number[], outside = Number.NaN): number {
  let place = 0;
  for (const [d, n] of dims.entries()) {
    const i = index[d] as number;
    if (i < 0 || i >= n) return outside;
    place = place * n + i;
  }
  return data[place] as number;
}

const pointwise =
  (f: (x: number, options: Options) => number): Operator =>
  ([x], options) => {
    const { dims, data } = x as Values;
    return { dims, data: Array.from(data, (value) => f(value, options)) };
  };

/** A function of values at the same place; an axis of extent 1, or one that is missing in front, is repeated. */
function broadcast(f: (values: readonly number[]) => number): Operator {
  return (inputs) => {
    const rank = Math.max(...inputs.map(({ dims }) => dims.length));
    const aligned = inputs.map(({ dims, data }) => ({
      dims: [...Array.from({ length: rank - dims.length }, () => 1), ...dims],
      data,
    }));
    const dims = Array.from({ length: rank }, (_, d) =>
      Math.max(...aligned.map((one) => one.dims[d] as number)),
    );
    return make(dims, (index) =>
      f(
        aligned.map((one) =>
          pick(
            one,
            index.map((i, d) => (one.dims[d] === 1 ? 0 : i)),
          ),
        ),
      ),
    );
  };
}

const NO_OPTIONS: Options = { ints: () => [], float: (_, otherwise) => otherwise };

/** Places of a window over [N, C, H, W]: the output's shape, and for each output the inputs that it covers. */
function windows({ dims: [n = 0, c = 0, h = 0, w = 0] }: Values, { ints }: Options, channels = c) {
  const [kh = 1, kw = 1] = ints('kernel_shape');
  const [sh = 1, sw = 1] = ints('strides');
  const [top = 0, left = 0, bottom = 0, right = 0] = ints('pads');
  const [down = 1, across = 1] = ints('dilations');
  const out = (extent: number, before: number, after: number, kernel: number, stride: number): number =>
    Math.floor((extent + before + after - kernel) / stride) + 1;
  return {
    dims: [
      n,
      channels,
      out(h, top, bottom, (kh - 1) * down + 1, sh),
      out(w, left, right, (kw - 1) * across + 1, sw),
    ],
    cover: (y: number, x: number) =>
      Array.from({ length: kh * kw }, (_, i) => {
        const [u, v] = [Math.floor(i / kw), i % kw];
        return { u, v, y: y * sh - top + u * down, x: x * sw - left + v * across };
      }),
  };
}

/** The mean or maximum of what lies inside of the image. */
const pool =
  (of: (inside: readonly number[]) => number): Operator =>
  ([x], options) => {
    const { dims, cover } = windows(x as Values, options);
    return make(dims, ([n = 0, c = 0, oy = 0, ox = 0]) =>
      of(
        cover(oy, ox)
          .map((place) => pick(x as Values, [n, c, place.y, place.x]))
          .filter((value) => !Number.isNaN(value)),
      ),
    );
  };

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** The operators by name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  Identity: ([x]) => x as Values,
  Transpose: ([x], { ints }) => {
    const { dims } = x as Values;
    const perm = ints('perm');
    const turned = perm.map((axis) => dims[axis] as number);
    return make(turned, (index) =>
      pick(
        x as Values,
        dims.map((_, axis) => index[perm.indexOf(axis)] as number),
      ),
    );
  },
  Conv: ([x, kernel, bias], options) => {
    const [oc = 0, perGroup = 0] = kernel?.dims ?? [];
    const [groups = 1] = options.ints('group');
    const { dims, cover } = windows(x as Values, options, oc);
    return make(dims, ([n = 0, o = 0, oy = 0, ox = 0]) => {
      const first = Math.floor(o / (oc / groups)) * perGroup;
      let sum = bias === undefined ? 0 : at(bias, o);
      for (const { u, v, y, x: column } of cover(oy, ox)) {
        for (let c = 0; c < perGroup; c++) {
          sum += pick(x as Values, [n, first + c, y, column], 0) * pick(kernel as Values, [o, c, u, v]);
        }
      }
      return sum;
    });
  },
  Gemm: ([a, b, bias], { ints }) => {
    const [n = 0, inner = 0] = a?.dims ?? [];
    if (ints('transB')[0] !== 1) throw new RangeError('Gemm without transB, which OpenCV does not read');
    const [m = 0] = b?.dims ?? [];
    return make([n, m], ([i = 0, j = 0]) => {
      let sum = bias === undefined ? 0 : at(bias, j);
      for (let k = 0; k < inner; k++) sum += pick(a as Values, [i, k]) * pick(b as Values, [j, k]);
      return sum;
    });
  },
  MaxPool: pool((inside) => Math.max(...inside)),
  AveragePool: pool(mean),
  GlobalAveragePool: ([x]) => {
    const [n = 0, c = 0, h = 0, w = 0] = x?.dims ?? [];
    return make([n, c, 1, 1], ([i = 0, j = 0]) =>
      mean(Array.from({ length: h * w }, (_, p) => pick(x as Values, [i, j, Math.floor(p / w), p % w]))),
    );
  },
  GlobalMaxPool: ([x]) => {
    const [n = 0, c = 0, h = 0, w = 0] = x?.dims ?? [];
    return make([n, c, 1, 1], ([i = 0, j = 0]) =>
      Math.max(
        ...Array.from({ length: h * w }, (_, p) => pick(x as Values, [i, j, Math.floor(p / w), p % w])),
      ),
    );
  },
  Reshape: ([x, shape]) => {
    const { data } = x as Values;
    const dims = Array.from(shape?.data ?? []);
    const known = dims.reduce((product, n) => product * (n === -1 ? 1 : n), 1);
    return { dims: dims.map((n) => (n === -1 ? data.length / known : n)), data };
  },
  PRelu: (inputs) => broadcast(([x = 0, alpha = 0]) => (x > 0 ? x : alpha * x))(inputs, NO_OPTIONS),
  BatchNormalization: ([x, gamma, beta, average, variance], { float }) =>
    make(x?.dims ?? [], (index) => {
      const c = index[1] as number;
      const [g, b, m, v] = [gamma, beta, average, variance].map((own) => at(own as Values, c));
      const scale = (g as number) / Math.sqrt((v as number) + float('epsilon', 1e-5));
      return (pick(x as Values, index) - (m as number)) * scale + (b as number);
    }),
  Relu: pointwise((x) => Math.max(0, x)),
  LeakyRelu: pointwise((x, { float }) => (x < 0 ? float('alpha', 0.01) * x : x)),
  Elu: pointwise((x, { float }) => (x < 0 ? float('alpha', 1) * Math.expm1(x) : x)),
  Sigmoid: pointwise((x) => 1 / (1 + Math.exp(-x))),
  Tanh: pointwise(Math.tanh),
  HardSigmoid: pointwise((x, { float }) =>
    Math.min(Math.max(float('alpha', 0.2) * x + float('beta', 0.5), 0), 1),
  ),
  HardSwish: pointwise((x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  Clip: ([x, low, high]) => {
    const [least, most] = [
      low === undefined ? -Infinity : at(low, 0),
      high === undefined ? Infinity : at(high, 0),
    ];
    return make(x?.dims ?? [], (index) => Math.min(most, Math.max(least, pick(x as Values, index))));
  },
  Softmax: ([x], { ints }) => {
    const { dims } = x as Values;
    const [axis = -1] = ints('axis');
    const along = axis < 0 ? dims.length + axis : axis;
    return make(dims, (index) => {
      const row = Array.from({ length: dims[along] as number }, (_, i) =>
        pick(
          x as Values,
          index.map((own, d) => (d === along ? i : own)),
        ),
      );
      const top = Math.max(...row);
      const sum = row.reduce((total, value) => total + Math.exp(value - top), 0);
      return Math.exp(pick(x as Values, index) - top) / sum;
    });
  },
  MatMul: ([a, b]) => {
    const [[n = 0, inner = 0], [, m = 0]] = [a?.dims ?? [], b?.dims ?? []];
    const row = Array.from({ length: inner }, (_, k) => k);
    return make([n, m], ([i = 0, j = 0]) =>
      row.reduce((sum, k) => sum + pick(a as Values, [i, k]) * pick(b as Values, [k, j]), 0),
    );
  },
  Squeeze: ([x, axes]) => {
    const { dims, data } = x as Values;
    const gone = Array.from(axes?.data ?? dims.flatMap((n, axis) => (n === 1 ? [axis] : [])));
    return { dims: dims.filter((_, axis) => !gone.includes(axis)), data };
  },
  Flatten: ([x]) => {
    const { dims, data } = x as Values;
    return { dims: [dims[0] as number, sizeOf(dims.slice(1))], data };
  },
  Selu: pointwise((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))),
  Softsign: pointwise((x) => x / (1 + Math.abs(x))),
  Log: pointwise(Math.log),
  Erf: pointwise(erf),
  Mul: broadcast((values) => values.reduce((product, value) => product * value, 1)),
  Add: broadcast((values) => values.reduce((sum, value) => sum + value, 0)),
  Sum: broadcast((values) => values.reduce((sum, value) => sum + value, 0)),
  Sub: broadcast(([a = 0, b = 0]) => a - b),
  Div: broadcast(([a = 0, b = 0]) => a / b),
  Max: broadcast((values) => Math.max(...values)),
  Sqrt: pointwise(Math.sqrt),
  Pow: broadcast(([a = 0, b = 0]) => a ** b),
  LayerNormalization: ([x, gamma, beta], { float }) =>
    make(x?.dims ?? [], (index) => {
      const channels = (x?.dims ?? []).at(-1) ?? 1;
      const row = Array.from({ length: channels }, (_, c) => pick(x as Values, [...index.slice(0, -1), c]));
      const variance = mean(row.map((value) => (value - mean(row)) ** 2));
      const [own, c] = [pick(x as Values, index), index.at(-1) as number];
      const normal = (own - mean(row)) / Math.sqrt(variance + float('epsilon', 1e-5));
      return normal * at(gamma as Values, c) + (beta === undefined ? 0 : at(beta, c));
    }),
  Cast: pointwise((x) => x),
  ReduceMean: ([x], { ints }) => {
    const { dims } = x as Values;
    const axes = ints('axes');
    const one = dims.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return make(one, (place) => {
      const row = make(
        dims.filter((_, axis) => axes.includes(axis)),
        (inner) =>
          pick(
            x as Values,
            place.map((own, axis) => (axes.includes(axis) ? (inner[axes.indexOf(axis)] as number) : own)),
          ),
      );
      return mean(Array.from(row.data));
    });
  },
  Concat: (inputs, { ints }) => {
    const [axis = 0] = ints('axis');
    const dims = [...(inputs[0]?.dims ?? [])];
    dims[axis] = inputs.reduce((sum, x) => sum + (x.dims[axis] as number), 0);
    return make(dims, (index) => {
      let along = index[axis] as number;
      const from = inputs.find((x) => {
        const extent = x.dims[axis] as number;
        if (along < extent) return true;
        along -= extent;
        return false;
      });
      return pick(from as Values, index.toSpliced(axis, 1, along));
    });
  },
  Slice: ([x, starts, ends, axes]) => {
    const { dims } = x as Values;
    const [from, to] = [dims.map(() => 0), [...dims]];
    for (const [i, axis] of Array.from(axes?.data ?? []).entries()) {
      const own = axis < 0 ? axis + dims.length : axis;
      const extent = dims[own] as number;
      const place = (n: number): number => Math.min(n < 0 ? n + extent : n, extent);
      from[own] = place(at(starts as Values, i));
      to[own] = place(at(ends as Values, i));
    }
    return make(
      dims.map((_, d) => (to[d] as number) - (from[d] as number)),
      (index) =>
        pick(
          x as Values,
          index.map((i, d) => i + (from[d] as number)),
        ),
    );
  },
  Pad: ([x, pads]) => {
    const { dims } = x as Values;
    const [begin, end] = [
      dims.map((_, d) => at(pads as Values, d)),
      dims.map((_, d) => at(pads as Values, d + 4)),
    ];
    return make(
      dims.map((n, d) => n + (begin[d] as number) + (end[d] as number)),
      (index) =>
        pick(
          x as Values,
          index.map((i, d) => i - (begin[d] as number)),
          0,
        ),
    );
  },
};
