import { sizeOf } from '../../../gpu/shape.js';
import { Concatenate, Cropping2D, Flatten, Reshape } from '../../../nn/layers.js';
import type { Building } from '../building.js';
import type { Node } from '../node.js';
import type { Constant } from '../tensors.js';
import {
  type Activations,
  CHANNELS_LAST,
  flattened,
  type Order,
  type Piece,
  PLAIN,
  type Value,
  withDims,
} from '../values.js';
import type { Operators } from './operator.js';
import { addBorder } from './windows.js';

/** Codes of the types of floats. */
const FLOATS = [1, 10, 11, 16];
/** The extent of the batch in a list of extents. It is not known yet. */
const BATCH = Number.NaN;

const list = (data: readonly number[]): Constant => ({ kind: 'constant', dims: [data.length], data });

/** The output of a layer with other extents in the file. */
function reshaped(node: Node, building: Building, x: Activations, dims: readonly number[]): Activations {
  const isVector = dims.filter((n) => n > 1).length < 2;
  const moved = x.order.axes === undefined && !isVector ? undefined : withDims(x, dims);
  if (moved !== undefined) return moved;
  // If the values have the same order here and in the file, they become an image with the axes of the file.
  const alike = x.order.axes === undefined ? x.order.pieces === undefined : flattened(x) === PLAIN;
  if (dims.length === 3 && alike) {
    const targetShape = dims as [number, number, number];
    return building.add(node, Reshape({ targetShape }), [x], { dims, order: { axes: CHANNELS_LAST } });
  }
  if (dims.length !== 1)
    return node.refuse(
      `[batch, ${x.dims.join(', ')}] becomes [batch, ${dims.join(', ')}]; only a vector of all values is supported, or an image with channels last`,
    );
  return building.add(node, Flatten(), [x], { dims, order: flattened(x) });
}

/** The output extents of `Reshape`, without the batch. */
function target(node: Node, x: Activations, wanted: readonly number[]): number[] {
  const [batch = 0, ...dims] = wanted;
  const size = sizeOf(x.dims);
  const zeros = node.integer('allowzero', 0) === 0;
  const known = dims.map((n, i) => (n === 0 && zeros ? (x.dims[i] ?? 0) : n));
  const product = known.reduce((all, n) => all * (n === -1 ? 1 : n), 1);
  const full = known.map((n) => (n === -1 ? size / product : n));
  const fits = full.every((n) => Number.isInteger(n) && n > 0) && sizeOf(full) === size;
  // Files for a fixed batch size contain it here; it does not matter.
  if (!fits || !(Number.isNaN(batch) || batch >= -1) || known.filter((n) => n === -1).length > 1)
    node.refuse(`[batch, ${x.dims.join(', ')}] cannot become [${wanted.join(', ')}]`);
  return full;
}

/** Axes of a value, counted from the front. */
function axesOf(node: Node, axes: readonly number[], rank: number): number[] {
  const own = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (own.some((axis) => !(axis >= 0 && axis < rank)) || new Set(own).size < own.length)
    node.refuse(`axes = [${axes.join(', ')}] of ${rank}`);
  return own;
}

/** The extents without some axes of extent 1. */
function squeezed(node: Node, x: Activations): number[] {
  const all = [BATCH, ...x.dims];
  const given = node.list('axes', 1) ?? all.flatMap((n, i) => (n === 1 ? [i] : []));
  const axes = axesOf(node, given, all.length);
  if (axes.some((axis) => all[axis] !== 1))
    node.refuse(`axes = [${given.join(', ')}] of [batch, ${x.dims.join(', ')}]; expected axes of extent 1`);
  return all.filter((_, i) => i > 0 && !axes.includes(i));
}

/** The extents with more axes of extent 1. @param all extents, with the batch */
function unsqueezed(node: Node, all: readonly number[]): number[] {
  const given = node.list('axes', 1) ?? [];
  const rank = all.length + given.length;
  const axes = axesOf(node, given, rank);
  const rest = [...all];
  return Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() as number)));
}

/** An array of the file with its axes in another order. */
function transposed(node: Node, { dims, data }: Constant, perm: readonly number[]): Constant {
  const axes = axesOf(node, perm.length === 0 ? dims.map((_, i) => dims.length - 1 - i) : perm, dims.length);
  if (axes.length !== dims.length) node.refuse(`perm = [${perm.join(', ')}] of ${dims.length} axes`);
  const strides = dims.map((_, i) => sizeOf(dims.slice(i + 1)));
  const turned = axes.map((axis) => dims[axis] as number);
  const steps = axes.map((axis) => strides[axis] as number);
  const out = new Float32Array(data.length);
  const index = turned.map(() => 0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = data[at] as number;
    for (let d = turned.length - 1; d >= 0; d--) {
      at += steps[d] as number;
      if (++(index[d] as number) < (turned[d] as number)) break;
      at -= (steps[d] as number) * (turned[d] as number);
      index[d] = 0;
    }
  }
  return { kind: 'constant', dims: turned, data: out };
}

function transpose(node: Node, x: Activations, given: readonly number[]): Activations {
  const rank = x.dims.length + 1;
  const perm = given.length === 0 ? Array.from({ length: rank }, (_, i) => rank - 1 - i) : given;
  const axes = axesOf(node, perm, rank);
  if (axes.length !== rank || axes[0] !== 0)
    node.refuse(`perm = [${perm.join(', ')}]; the batch has to stay in front`);
  const own = axes.slice(1).map((axis) => axis - 1);
  const dims = own.map((axis) => x.dims[axis] as number);
  const { axes: before } = x.order;
  if (before !== undefined) return { ...x, dims, order: { axes: own.map((axis) => before[axis] as number) } };
  const long = x.dims.filter((n) => n > 1);
  if (long.length > 1) node.refuse(`a vector whose shape is [batch, ${x.dims.join(', ')}] here`);
  return { ...x, dims };
}

/** The concatenation of several inputs. */
function concatenate(node: Node, building: Building): Value {
  const axis = node.integer('axis', 1);
  if (node.inputs.every((_, i) => node.value(i).kind === 'constant'))
    return list(node.inputs.flatMap((_, i) => Array.from((node.constant(i) as Constant).data)));
  const inputs = node.branches;
  const [first] = inputs;
  const own = (axis < 0 ? axis + first.dims.length + 1 : axis) - 1;
  const { axes } = first.order;
  const alike = inputs.every(
    ({ order, dims }) =>
      order.axes?.join() === axes?.join() &&
      dims.length === first.dims.length &&
      dims.every((n, i) => i === own || n === first.dims[i]),
  );
  const along = axes === undefined ? first.dims.every((n, i) => i === own || n === 1) : axes[own] === 2;
  if (!alike || !along)
    node.refuse(`axis = ${axis}; only channels of images, or vectors, side by side are supported`);
  const dims = first.dims.map((n, i) =>
    i === own ? inputs.reduce((sum, x) => sum + (x.dims[i] as number), 0) : n,
  );
  const order = axes === undefined ? joined(node, inputs) : { axes };
  return building.add(node, Concatenate(), inputs, { dims, order });
}

/** Most pieces of a vector. */
const MOST_PIECES = 1000;

/** The order of concatenated vectors. */
function joined(node: Node, inputs: readonly Activations[]): Order {
  const pieces = inputs.flatMap(({ shape, order }): readonly Piece[] =>
    order.axes === undefined ? (order.pieces ?? [{ size: sizeOf(shape) }]) : [],
  );
  if (pieces.every(({ image }) => image === undefined)) return PLAIN;
  return pieces.length <= MOST_PIECES
    ? { pieces }
    : node.refuse(`a vector of ${pieces.length} pieces; at most ${MOST_PIECES} are supported`);
}

/** `Pad`; the widths of its borders are an attribute or an input. */
function pad(node: Node, building: Building): Activations {
  const mode = node.text('mode', 'constant');
  const value = node.constant(2)?.data[0] ?? node.float('value', 0);
  if (mode !== 'constant' || value !== 0)
    node.refuse(`mode = ${mode} with ${value}; only zeros are supported`);
  if (node.given(3) !== undefined) node.refuse('with axes; only pads of all axes are supported');
  return addBorder(node, building, node.activations(), node.list('pads', 1) ?? []);
}

/** `Slice` of an image: cuts rows and columns off its edges. */
function cropped(node: Node, building: Building, x: Activations): Activations {
  const [starts, ends] = [node.list('starts', 1) ?? [], node.list('ends', 2) ?? []];
  const axes = node.list('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = Array.from(node.constant(4)?.data ?? []);
  const margins = [0, 0, 0, 0, 0, 0];
  for (const [i, axis] of axes.entries()) {
    const place = axis < 0 ? axis + x.dims.length : axis - 1;
    const [own, extent = 0] = [x.order.axes?.[place], x.dims[place]];
    const within = (at = 0): number => Math.min(Math.max(at < 0 ? at + extent : at, 0), extent);
    const [from, to] = [within(starts[i]), within(ends[i])];
    if (place < 0 || own === undefined || (own === 2 && to - from !== extent) || (steps[i] ?? 1) !== 1)
      node.refuse(
        `of [batch, ${x.dims.join(', ')}], from ${starts.join(', ')} to ${ends.join(', ')} along ${axes.join(', ')}; only rows and columns at the edges of images can be cut off`,
      );
    margins[2 * own] = from;
    margins[2 * own + 1] = extent - to;
  }
  const [top = 0, bottom = 0, left = 0, right = 0] = margins;
  if (top + bottom + left + right === 0) return x;
  const y = building.add(node, Cropping2D({ cropping: [top, bottom, left, right] }), [x]);
  return { ...y, dims: (x.order.axes ?? []).map((axis) => y.shape[axis] as number) };
}

/** Operators that move values, and those that only compute shapes. */
export const SHAPES: Operators = {
  Identity: (node) => node.value(0),
  Cast: (node) => {
    const value = node.value(0);
    const to = node.integer('to', 1);
    node.integer('saturate', 1);
    if (value.kind === 'activations' && !FLOATS.includes(to))
      node.refuse(`to = ${to}; only casts to floats are supported`);
    return value;
  },
  Constant: (node) => {
    const [whole, real] = [node.integers('value_ints'), node.floats('value_floats')];
    const [one, float] = [node.integer('value_int', undefined), node.float('value_float', 0)];
    const array = node.array('value');
    if (array !== undefined) return array;
    if (whole.length > 0) return list(whole);
    if (real.length > 0) return list(Array.from(real));
    return { kind: 'constant', dims: [], data: [one ?? float] };
  },
  Shape: (node) => {
    const value = node.value(0);
    const all = value.kind === 'constant' ? value.dims : [BATCH, ...value.dims];
    return list(all.slice(node.integer('start', 0), node.integer('end', all.length)));
  },
  Gather: (node) => {
    const from = node.weight(0, 1);
    const at = node.constant(1) ?? node.refuse('its input 1 is missing');
    node.must('axis', 0);
    const picked = Array.from(at.data, (i) => {
      const value = from.data[i < 0 ? i + from.data.length : i];
      return value ?? node.refuse(`place ${i} of ${from.data.length}`);
    });
    return { kind: 'constant', dims: at.dims, data: picked };
  },
  Slice: (node, building) => {
    const value = node.value(0);
    if (value.kind === 'activations') return cropped(node, building, value);
    const { data } = node.weight(0, 1);
    const [starts, ends] = [node.list('starts', 1) ?? [], node.list('ends', 2) ?? []];
    const [axis = 0] = node.list('axes', 3) ?? [];
    const step = node.constant(4)?.data[0] ?? 1;
    if (axis !== 0 || step !== 1 || starts.length !== 1)
      node.refuse('only a piece of a list of extents is supported');
    return list(Array.from(data).slice(starts[0], ends[0]));
  },
  Flatten: (node, building) => {
    const x = node.activations();
    node.must('axis', 1);
    return reshaped(node, building, x, [sizeOf(x.dims)]);
  },
  Reshape: (node, building) => {
    const value = node.value(0);
    const wanted = node.list('shape', 1) ?? [];
    if (value.kind === 'activations') return reshaped(node, building, value, target(node, value, wanted));
    const size = value.data.length;
    const product = wanted.reduce((all, n) => all * (n === -1 ? 1 : n), 1);
    const dims = wanted.map((n) => (n === -1 ? size / product : n));
    node.integer('allowzero', 0);
    return sizeOf(dims) === size
      ? { ...value, dims }
      : node.refuse(`${size} numbers cannot become [${wanted.join(', ')}]`);
  },
  Squeeze: (node, building) => {
    const value = node.value(0);
    if (value.kind === 'activations') return reshaped(node, building, value, squeezed(node, value));
    node.list('axes', 1);
    return { ...value, dims: value.dims.filter((n) => n !== 1) };
  },
  Unsqueeze: (node, building) => {
    const value = node.value(0);
    if (value.kind === 'constant') return { ...value, dims: unsqueezed(node, value.dims) };
    const [batch = 1, ...dims] = unsqueezed(node, [BATCH, ...value.dims]);
    if (!Number.isNaN(batch)) node.refuse('an axis in front of the batch');
    return reshaped(node, building, value, dims);
  },
  Transpose: (node) => {
    const value = node.value(0);
    const perm = node.integers('perm');
    return value.kind === 'constant' ? transposed(node, value, perm) : transpose(node, value, perm);
  },
  Concat: concatenate,
  Pad: pad,
};
