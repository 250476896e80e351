import { ShapeError } from '../errors.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { formatShape, type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/expand_kernel.wgsl. */
const params = u32s('kh', 'kw', 'ic', 'oc', 'groups', 'dilation_y', 'dilation_x');
const forwardKernel = defineKernel('expand_kernel', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('expand_kernel', 'backward', { reads: ['dy'], writes: ['dx'], params });

/** Groups and dilation of a convolution; a plain one has 1 of each. */
export interface Expansion {
  /** Groups of channels. */
  readonly groups: number;
  /** Distance between neighbouring taps of the window in pixels: down, across. */
  readonly dilation: readonly [number, number];
}

/** Whether an expansion changes nothing. */
export const isPlain = ({ groups, dilation: [down, across] }: Expansion): boolean =>
  groups === 1 && down === 1 && across === 1;

/** The shape of the plain kernel, from [KH, KW, IC of a group, OC]. Throws ShapeError where the groups do not divide OC. */
export function expandedShape([kh = 1, kw = 1, ic = 1, oc = 1]: Shape, e: Expansion): Shape {
  if (oc % e.groups !== 0)
    throw new ShapeError('conv2d', 'groups divide the filters', `a divisor of ${oc}`, `${e.groups}`);
  const [down, across] = e.dilation;
  return [(kh - 1) * down + 1, (kw - 1) * across + 1, ic * e.groups, oc];
}

function geometry([kh = 1, kw = 1, ic = 1, oc = 1]: Shape, { groups, dilation: [down, across] }: Expansion) {
  return { kh, kw, ic, oc, groups, dilation_y: down, dilation_x: across };
}

/** The plain kernel from x [KH, KW, IC, OC]. Throws ShapeError. */
export function expandKernel(rec: Recorder, x: Tensor, e: Expansion): Tensor {
  const y = rec.alloc(expandedShape(x.shape, e), 'expanded_kernel');
  const workgroups = Math.ceil(y.size / GROUP);
  rec.dispatch(forwardKernel, { bind: { x, y }, params: geometry(x.shape, e), workgroups });
  return y;
}

/** The gradient of the kernel with this shape, from that of the plain kernel. Throws ShapeError. */
export function expandKernelBackward(rec: Recorder, dy: Tensor, shape: Shape, e: Expansion): Tensor {
  const expected = expandedShape(shape, e);
  if (formatShape(expected) !== formatShape(dy.shape))
    throw new ShapeError(
      'conv2d',
      'the gradient has the shape of the plain kernel',
      formatShape(expected),
      formatShape(dy.shape),
    );
  const dx = rec.alloc(shape, 'dw');
  const workgroups = Math.ceil(sizeOf(shape) / GROUP);
  rec.dispatch(backwardKernel, { bind: { dy, dx }, params: geometry(shape, e), workgroups });
  return dx;
}
