import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { type Extent, nhwc, type Padding, pairOf, type Shape, windowOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { laneGrid } from './reduce.js';

/** Host side of shaders/avg_pool2d.wgsl. */
const params = {
  ...u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'kh', 'kw'),
  ...u32s('stride_y', 'stride_x', 'pad_top', 'pad_left'),
} as const;
const forwardKernel = defineKernel('avg_pool2d', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('avg_pool2d', 'backward', { reads: ['dy'], writes: ['dx'], params });

export interface AveragePoolOptions {
  readonly size: Extent;
  readonly stride: Extent;
  readonly padding: Padding;
}

/** The extents, by the names of the kernels' params. */
export type AveragePoolGeometry = Readonly<Record<keyof typeof params, number>>;

/** All extents, from x [B, H, W, C] and the options. Throws ShapeError. */
export function averagePoolGeometry(
  x: Shape,
  { size, stride, padding }: AveragePoolOptions,
): AveragePoolGeometry {
  const { b, h, w, c } = nhwc('avg_pool2d', x);
  const [[kh, kw], [stride_y, stride_x]] = [pairOf(size), pairOf(stride)];
  const rows = windowOf('avg_pool2d', h, kh, stride_y, padding);
  const columns = windowOf('avg_pool2d', w, kw, stride_x, padding);
  return {
    ...{ b, h, w, c, oh: rows.out, ow: columns.out },
    ...{ kh, kw, stride_y, stride_x, pad_top: rows.before, pad_left: columns.before },
  };
}

/** y [B, OH, OW, C] from x [B, H, W, C]. */
export function avgPool2dForward(rec: Recorder, x: Tensor, g: AveragePoolGeometry): Tensor {
  const y = rec.alloc([g.b, g.oh, g.ow, g.c], 'y');
  rec.dispatch(forwardKernel, { bind: { x, y }, ...laneGrid(y, { ...g }) });
  return y;
}

/** dx [B, H, W, C] from dy [B, OH, OW, C]. */
export function avgPool2dBackward(rec: Recorder, dy: Tensor, g: AveragePoolGeometry): Tensor {
  const dx = rec.alloc([g.b, g.h, g.w, g.c], 'dx');
  rec.dispatch(backwardKernel, { bind: { dy, dx }, ...laneGrid(dx, { ...g }) });
  return dx;
}
