import { ShapeError } from '../errors.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { formatShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/multiply.wgsl. */
const params = u32s('n', 'h', 'w', 'c', 'ah', 'aw', 'ac', 'bh', 'bw', 'bc');
const forwardKernel = defineKernel('multiply', 'forward', { reads: ['a', 'b'], writes: ['y'], params });
const backwardKernel = defineKernel('multiply', 'backward', { reads: ['dy', 'b'], writes: ['da'], params });

/** The extents, by the names of the kernels' params. */
type Geometry = Readonly<Record<keyof typeof params, number>>;

/** The shape of the product, without the batch axis. Throws ShapeError unless extents along each axis are equal or 1. */
export function productShape(a: Shape, b: Shape): Shape {
  const fits = a.length === b.length && a.every((extent, i) => extent === b[i] || extent === 1 || b[i] === 1);
  if (!fits) {
    throw new ShapeError(
      'multiply',
      'both inputs have as many axes, and their extents are equal or 1',
      formatShape(a),
      formatShape(b),
    );
  }
  return a.map((extent, i) => Math.max(extent, b[i] ?? 1));
}

/** Batch, height, width and channels of a tensor of two to four axes. */
function fourAxes([n = 1, ...inner]: Shape): readonly [number, number, number, number] {
  const [h = 1, w = 1, c = 1] = [1, 1, ...inner].slice(-3);
  return [n, h, w, c];
}

function geometry(a: Shape, b: Shape): Geometry {
  const [n, h, w, c] = fourAxes([a[0] ?? 1, ...productShape(a.slice(1), b.slice(1))]);
  const [[, ah, aw, ac], [, bh, bw, bc]] = [fourAxes(a), fourAxes(b)];
  return { n, h, w, c, ah, aw, ac, bh, bw, bc };
}

/** y [N, ...] from a and b, both [N, ...] with two to four axes. Throws ShapeError. */
export function multiplyForward(rec: Recorder, a: Tensor, b: Tensor): Tensor {
  const y = rec.alloc([a.shape[0] ?? 1, ...productShape(a.shape.slice(1), b.shape.slice(1))], 'y');
  const params = { ...geometry(a.shape, b.shape) };
  rec.dispatch(forwardKernel, { bind: { a, b, y }, params, workgroups: Math.ceil(y.size / GROUP) });
  return y;
}

/** The gradient of the input with shape `a`, from dy and the other input, b. */
export function multiplyBackward(rec: Recorder, dy: Tensor, a: Shape, b: Tensor): Tensor {
  const da = rec.alloc(a, 'dx');
  const params = { ...geometry(a, b.shape) };
  rec.dispatch(backwardKernel, { bind: { dy, b, da }, params, workgroups: Math.ceil(da.size / GROUP) });
  return da;
}
