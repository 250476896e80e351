import { ShapeError } from './errors.js';

/** Extents, outermost first. Activations are NHWC, kernels [KH, KW, IC, OC], dense weights [IC, OC]. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless `got` equals `expected`, where a `null` extent allows any size. */
export function expectShape(
  op: string,
  rule: string,
  got: Shape,
  expected: readonly (number | null)[],
): void {
  const same = got.length === expected.length && expected.every((e, i) => e === null || e === got[i]);
  if (!same) {
    throw new ShapeError(op, rule, `[${expected.map((e) => e ?? '*').join(', ')}]`, formatShape(got));
  }
}

/**
 * Keras's padding. `valid`: only windows inside the image. `same`: zeros around the image, so that stride 1 keeps its size; if their
 * number is odd, the extra one comes last.
 */
export type Padding = 'same' | 'valid';

/** How a sliding window covers one axis: the output extent, and the zeros before the first element. */
export interface Window {
  readonly out: number;
  readonly before: number;
}

/**
 * Keras's rule for a window of k over an axis of n with stride s. `valid`: out = floor((n - k) / s) + 1.
 * `same`: out = ceil(n / s), with max((out - 1) s + k - n, 0) zeros in total; half of them, rounded down, come before
 * the first element. Throws ShapeError where a `valid` window is larger than the axis.
 */
export function windowOf(op: string, extent: number, size: number, stride: number, padding: Padding): Window {
  if (padding === 'same') {
    const out = Math.ceil(extent / stride);
    const total = Math.max((out - 1) * stride + size - extent, 0);
    return { out, before: Math.floor(total / 2) };
  }
  if (size > extent) {
    throw new ShapeError(op, 'a valid window must fit into the input', `extent >= ${size}`, `${extent}`);
  }
  return { out: Math.floor((extent - size) / stride) + 1, before: 0 };
}

/** The [B, H, W, C] of an NHWC tensor. */
export function nhwc(op: string, shape: Shape): { b: number; h: number; w: number; c: number } {
  expectShape(op, 'input is NHWC', shape, [null, null, null, null]);
  const [b, h, w, c] = shape as [number, number, number, number];
  return { b, h, w, c };
}

/** The extent of a window: one number for a square, or height and width. */
export type Extent = number | readonly [number, number];

/** Height and width. */
export function pairOf(extent: Extent): readonly [number, number] {
  return typeof extent === 'number' ? [extent, extent] : extent;
}

/** The extent in its shortest form: one number for a square. */
export function plainExtent(extent: Extent): Extent {
  const [height, width] = pairOf(extent);
  return height === width ? height : [height, width];
}
