import { ShapeError } from '../errors.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { formatShape, nhwc, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { laneGrid } from './reduce.js';

/** Host side of shaders/zero_padding2d.wgsl. */
const params = u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'top', 'left');
const forwardKernel = defineKernel('zero_padding2d', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('zero_padding2d', 'backward', { reads: ['dy'], writes: ['dx'], params });

/** Rows and columns of zeros: top, bottom, left, right. */
export type Margins = readonly [number, number, number, number];

/** The extents, by the names of the kernels' params. */
export type PaddingGeometry = Readonly<Record<keyof typeof params, number>>;

/** All extents, from x [B, H, W, C] and the margins. Throws ShapeError. */
export function paddingGeometry(x: Shape, [top, bottom, left, right]: Margins): PaddingGeometry {
  const { b, h, w, c } = nhwc('zero_padding2d', x);
  return { b, h, w, c, oh: h + top + bottom, ow: w + left + right, top, left };
}

/** The extents of the padding that cropping undoes, from x [B, OH, OW, C] and the rows and columns to cut off. Throws ShapeError. */
export function croppingGeometry(x: Shape, [top, bottom, left, right]: Margins): PaddingGeometry {
  const { b, h: oh, w: ow, c } = nhwc('cropping2d', x);
  const [h, w] = [oh - top - bottom, ow - left - right];
  if (h >= 1 && w >= 1) return { b, h, w, c, oh, ow, top, left };
  throw new ShapeError(
    'cropping2d',
    'at least one row and one column remain',
    `more than ${oh - h} x ${ow - w}`,
    formatShape(x),
  );
}

/** y [B, OH, OW, C] from x [B, H, W, C]. */
export function zeroPadding2dForward(rec: Recorder, x: Tensor, g: PaddingGeometry): Tensor {
  const y = rec.alloc([g.b, g.oh, g.ow, g.c], 'y');
  rec.dispatch(forwardKernel, { bind: { x, y }, ...laneGrid(y, { ...g }) });
  return y;
}

/** dx [B, H, W, C] from dy [B, OH, OW, C]. */
export function zeroPadding2dBackward(rec: Recorder, dy: Tensor, g: PaddingGeometry): Tensor {
  const dx = rec.alloc([g.b, g.h, g.w, g.c], 'dx');
  rec.dispatch(backwardKernel, { bind: { dy, dx }, ...laneGrid(dx, { ...g }) });
  return dx;
}
