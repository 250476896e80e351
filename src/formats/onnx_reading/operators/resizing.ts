import { IMAGES } from '../../../nn/network.js';
import type { Building } from '../building.js';
import type { Node } from '../node.js';
import type { Activations } from '../values.js';
import type { Operators } from './operator.js';

/** Attributes of interpolation. They do not matter here, because fer-tui resizes the images itself. */
const WAYS = ['mode', 'coordinate_transformation_mode', 'nearest_mode', 'keep_aspect_ratio_policy'];
const NUMBERS = ['cubic_coeff_a', 'extrapolation_value', 'exclude_outside', 'antialias'];

/** The output extents of a node, without the batch. */
function wantedOf(node: Node, { dims }: Activations): number[] {
  // `Upsample` and the first `Resize` have only factors, as their second input or an attribute.
  const first = node.op === 'Upsample' || node.operatorSet < 11;
  const sizes = first ? undefined : node.constant(3);
  const factors = Array.from(node.constant(first ? 1 : 2)?.data ?? node.floats('scales'));
  const given = sizes === undefined || sizes.data.length === 0 ? factors : Array.from(sizes.data);
  const all = [Number.NaN, ...dims];
  const axes = node.integers('axes').map((axis) => (axis < 0 ? axis + all.length : axis));
  const places = axes.length === 0 ? all.map((_, axis) => axis) : axes;
  const wanted = [...all];
  for (const [i, axis] of places.entries()) {
    const value = given[i] ?? Number.NaN;
    if (axis > 0) wanted[axis] = given === factors ? Math.floor((all[axis] ?? 0) * value) : value;
  }
  const extents = wanted.slice(1);
  return places.length === given.length && extents.every((n) => Number.isInteger(n) && n > 0 && n <= MOST)
    ? extents
    : node.refuse(`[batch, ${dims.join(', ')}] cannot be resized by [${given.join(', ')}]`);
}

/** Most pixels of an edge. */
const MOST = 4096;

/**
 * If a network first resizes its images, the result is a network for images of that size, to which fer-tui resizes all images
 * anyway.
 */
function resize(node: Node, building: Building): Activations {
  const x = node.image();
  for (const name of WAYS) node.text(name, '');
  for (const name of NUMBERS) node.integer(name, 0);
  const dims = wantedOf(node, x);
  if (dims.join() === x.dims.join()) return x;
  const { axes = [] } = x.order;
  const shape = [...x.shape];
  for (const [i, axis] of axes.entries()) shape[axis] = dims[i] as number;
  if (x.position !== IMAGES || !building.isTakenOnce(x) || shape[2] !== x.shape[2])
    node.refuse(
      `[batch, ${x.dims.join(', ')}] becomes [batch, ${dims.join(', ')}]; resizing is supported only for the images, directly after the input`,
    );
  building.resizeImages(shape);
  return { ...x, shape, dims };
}

/** Operators that change the size of images. */
export const RESIZING: Operators = { Resize: resize, Upsample: resize };
