import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { nhwc, type Padding, type Shape, windowOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { laneGrid } from './reduce.js';

/** Host side of shaders/avg_pool2d.wgsl. */
const params = {
  b: 'u32',
  h: 'u32',
  w: 'u32',
  c: 'u32',
  oh: 'u32',
  ow: 'u32',
  kh: 'u32',
  kw: 'u32',
  stride: 'u32',
  pad_top: 'u32',
  pad_left: 'u32',
} as const;
const forwardKernel = defineKernel('avg_pool2d', 'forward', { reads: ['x'], writes: ['y'], params });
const backwardKernel = defineKernel('avg_pool2d', 'backward', { reads: ['dy'], writes: ['dx'], params });

export interface AveragePoolOptions {
  /** Height and width of the window. */
  readonly size: readonly [number, number];
  readonly stride: number;
  readonly padding: Padding;
}

export interface AveragePoolGeometry {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oh: number;
  readonly ow: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: number;
  readonly pad_top: number;
  readonly pad_left: number;
}

/** All extents, from x [B, H, W, C] and the options. Throws ShapeError. */
export function averagePoolGeometry(
  x: Shape,
  { size: [kh, kw], stride, padding }: AveragePoolOptions,
): AveragePoolGeometry {
  const { b, h, w, c } = nhwc('avg_pool2d', x);
  const rows = windowOf('avg_pool2d', h, kh, stride, padding);
  const columns = windowOf('avg_pool2d', w, kw, stride, padding);
  return {
    ...{ b, h, w, c, oh: rows.out, ow: columns.out },
    ...{ kh, kw, stride, pad_top: rows.before, pad_left: columns.before },
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
