import type { PlacedLayer } from '../../nn/network.js';
import type { NamedArray } from '../../nn/parameters.js';

/** A number and its meaning. */
export interface Term {
  readonly label: string;
  readonly value: number;
}

/** Numbers side by side, such as a window of the input, or a kernel. Null marks padding. */
export interface Grid {
  readonly title: string;
  readonly rows: readonly (readonly (number | null)[])[];
}

/** How one number is made of others: the operands are those that the kernel read, the result is the one it wrote. */
export interface Arithmetic {
  /** In the field's notation. */
  readonly formula: string;
  /** In plain words. */
  readonly words: string;
  readonly grids: readonly Grid[];
  /** The steps from the operands to the result, in float64. */
  readonly terms: readonly Term[];
  /** What the kernel computed, in float32. */
  readonly kernel: number;
  /** The same formula in float64, from the same operands. */
  readonly exact: number;
}

/** The arithmetic of a gradient that comes back from one layer. Other layers may add theirs before a kernel's sum is there. */
export type GradientArithmetic = Omit<Arithmetic, 'kernel'>;

/** One value of a layer: an image of the batch, a pixel (0, 0 for vectors), and a channel. */
export interface Position {
  readonly image: number;
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

/** Values of a whole batch on the host; axis 0 is the batch. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Everything that a layer read and wrote in the observed step. Gradients are there after the backward stage. */
export interface LayerValues {
  readonly placed: PlacedLayer;
  /** Position among the network's layers. */
  readonly index: number;
  /** Whether it is the last layer, whose softmax belongs to the loss. */
  readonly last: boolean;
  readonly x: Values;
  /** Further inputs, where branches meet. */
  readonly others: readonly Values[];
  readonly y: Values;
  readonly dx: Values | undefined;
  readonly dy: Values | undefined;
  /** See `LayerRecord.inner`; of `z` and `depthwise` also the gradients, as `dz` and `ddepthwise`. */
  readonly inner: ReadonlyMap<string, Values>;
  /** The layer's weights by their short names, as they were in the step. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Their gradients. */
  readonly gradients: ReadonlyMap<string, NamedArray>;
  /** Seed and index of the step, from which dropout derives its masks. */
  readonly seed: number;
  readonly step: number;
}

/** The explanations that a kind of layer provides. */
export interface LayerArithmetic {
  /** One output value. @param channel the input channel to show, where there are many */
  output(v: LayerValues, at: Position, channel: number): Arithmetic;
  /**
   * The gradient of one input value: which outputs it reached, and the sum that comes back.
   * @param input which of the layer's inputs, from 0
   */
  inputGradient(v: LayerValues, at: Position, input: number): GradientArithmetic;
  /** The gradient of one weight. @param index its place in the array, row-major */
  weightGradient?(v: LayerValues, weight: string, index: number): Arithmetic;
}

/** The extents of values as [B, H, W, C]; vectors are maps of one pixel. */
export function extents({ shape }: Values): { b: number; h: number; w: number; c: number } {
  const [b = 1] = shape;
  const c = shape.at(-1) ?? 1;
  return shape.length === 4
    ? { b, h: shape[1] ?? 1, w: shape[2] ?? 1, c }
    : { b, h: 1, w: shape.slice(1, -1).reduce((n, e) => n * e, 1), c };
}

/** The place of a position in the array. */
export function indexOf(values: Values, { image, y, x, c }: Position): number {
  const e = extents(values);
  return ((image * e.h + y) * e.w + x) * e.c + c;
}

/** The value at a position. */
export function valueAt(values: Values, at: Position): number {
  return values.data[indexOf(values, at)] ?? Number.NaN;
}

/** The value at a position; null outside of the map, which is padding. */
export function paddedAt(values: Values, at: Position): number | null {
  const { h, w } = extents(values);
  return at.y < 0 || at.y >= h || at.x < 0 || at.x >= w ? null : valueAt(values, at);
}

/** The values that belong to a gradient, or a value that a kernel kept. Throws where the stage has not run. */
export function needed(values: Values | undefined, what: string): Values {
  if (values === undefined) throw new RangeError(`there is no ${what} here`);
  return values;
}

/** The sum of some numbers in float64. */
export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The largest contributions to a sum, in the order of their size, and the rest as one term. */
export function largest(terms: readonly Term[], count: number): Term[] {
  if (terms.length <= count) return [...terms];
  const sorted = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const rest = total(sorted.slice(count).map(({ value }) => value));
  return [...sorted.slice(0, count), { label: `${terms.length - count} smaller ones together`, value: rest }];
}

/** A number in a few characters. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
  return text.replace(/^-/, '−');
}
