import { type Shape, sizeOf } from '../../gpu/shape.js';
import type { Constant } from './tensors.js';

/**
 * The value of a name in a graph: an array, or the output of a layer. Layers here keep channels last; ONNX convolves with
 * channels first, transposes, and puts axes of extent 1 anywhere. So a value has both its shape in the file and its shape here.
 */
export type Value = Constant | Activations;

/** The output of a layer, or the images. */
export interface Activations {
  readonly kind: 'activations';
  /** Position of the layer in the network, or IMAGES. */
  readonly position: number;
  /** The shape here: [H, W, C] of an image, [N] of a vector. */
  readonly shape: Shape;
  /** The shape in the file, without the batch. */
  readonly dims: readonly number[];
  readonly order: Order;
  /** Whether all values are at least 0. */
  readonly positive: boolean;
}

/**
 * `axes` of an image: for each axis in the file, the axis of `shape`. `pieces` of a vector: its parts, if the order of its values
 * differs between here and the file.
 */
export type Order =
  | { readonly axes: readonly number[] }
  | { readonly axes?: undefined; readonly pieces: readonly Piece[] | undefined };

/** A part of a vector: a flattened image, whose axes have another order in the file, or single values. */
export interface Piece {
  readonly size: number;
  readonly image?: { readonly dims: readonly number[]; readonly axes: readonly number[] };
}

/** The order of vectors whose values have the same order here and in the file. */
export const PLAIN: Order = { pieces: undefined };

/** The `axes` of images with channels first in the file. */
export const CHANNELS_FIRST = [2, 0, 1];
export const CHANNELS_LAST = [0, 1, 2];

/** The images that a network takes: with channels first, unless the extents suggest that they are last. */
export function imagesOf(dims: readonly number[], position: number): Activations {
  const few = (n: number | undefined): boolean => n === 1 || n === 3;
  const axes = few(dims[2]) && !few(dims[0]) ? CHANNELS_LAST : CHANNELS_FIRST;
  return {
    kind: 'activations',
    position,
    shape: shapeOf(dims, axes),
    dims,
    order: { axes },
    positive: false,
  };
}

/** The shape here of an image. */
function shapeOf(dims: readonly number[], axes: readonly number[]): Shape {
  const shape: number[] = [];
  for (const [i, axis] of axes.entries()) shape[axis] = dims[i] as number;
  return shape;
}

/** Whether the values of both are in the same order, here and in the file. */
export function sameOrder(a: Activations, b: Activations): boolean {
  return JSON.stringify(a.order) === JSON.stringify(b.order);
}

/** The order of a flattened image. */
export function flattened({ shape, dims, order: { axes = [] } }: Activations): Order {
  const long = axes.filter((_, i) => dims[i] !== 1);
  if (long.every((axis, i) => i === 0 || axis > (long[i - 1] as number))) return PLAIN;
  return { pieces: [{ size: sizeOf(shape), image: { dims, axes } }] };
}

/** For each index of a vector here, its index in the file; undefined if all are the same. */
export function placesOf({ shape, order }: Activations): Int32Array | undefined {
  if (order.axes !== undefined || order.pieces === undefined) return undefined;
  const out = new Int32Array(sizeOf(shape));
  let begin = 0;
  for (const { size, image } of order.pieces) {
    if (image === undefined) for (let i = 0; i < size; i++) out[begin + i] = begin + i;
    else fillPlaces(out.subarray(begin, begin + size), begin, image);
    begin += size;
  }
  return out;
}

function fillPlaces(out: Int32Array, begin: number, { dims, axes }: NonNullable<Piece['image']>): void {
  const strides = dims.map((_, i) => sizeOf(dims.slice(i + 1)));
  const [h, w, c] = shapeOf(dims, axes) as [number, number, number];
  const [byRow = 0, byColumn = 0, byChannel = 0] = shapeOf(strides, axes);
  let i = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let channel = 0; channel < c; channel++)
        out[i++] = begin + y * byRow + x * byColumn + channel * byChannel;
    }
  }
}

/** The image with its axes of extent 1 moved in the file. Undefined if the other axes would not keep their order. */
export function withDims(value: Activations, dims: readonly number[]): Activations | undefined {
  const { axes } = value.order;
  if (axes === undefined) return { ...value, dims };
  const long = (extents: readonly number[]): string => extents.filter((n) => n !== 1).join();
  if (dims.length !== axes.length || long(dims) !== long(value.dims)) return undefined;
  const used = axes.filter((_, i) => value.dims[i] !== 1);
  const spare = axes.filter((_, i) => value.dims[i] === 1).sort((a, b) => b - a);
  const moved = dims.map((n) => (n === 1 ? spare.shift() : used.shift()) as number);
  return { ...value, dims, order: { axes: moved } };
}

/** Reorders a list from the order of a vector in the file to its order here. */
export function inOrder(list: ArrayLike<number>, vector: Activations): Float32Array {
  const places = placesOf(vector);
  return Float32Array.from({ length: list.length }, (_, i) => list[places?.[i] ?? i] as number);
}
