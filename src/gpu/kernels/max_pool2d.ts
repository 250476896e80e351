import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { type Extent, nhwc, type Padding, pairOf, type Shape, windowOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP, lanesFor } from './reduce.js';

/** Host side of shaders/max_pool2d.wgsl. */
const params = {
  ...u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'kh', 'kw'),
  ...u32s('stride_y', 'stride_x', 'pad_top', 'pad_left'),
} as const;
const forwardKernel = defineKernel('max_pool2d', 'forward', {
  reads: ['x'],
  writes: ['y', 'argmax'],
  params,
});
const BACKWARD = { reads: ['dy', 'argmax'], writes: ['dx'], params } as const;
const backwardKernel = defineKernel('max_pool2d', 'backward', BACKWARD);
const backwardTilesKernel = defineKernel('max_pool2d', 'backward_tiles', BACKWARD);

export interface PoolOptions {
  /** The window; default 2. */
  readonly size?: Extent;
  /** Stride of the window; default `size`. */
  readonly stride?: Extent;
  /** Keras's 'valid' (default) or 'same'. */
  readonly padding?: Padding;
}

/** The extents, by the names of the kernels' params. */
export type PoolGeometry = Readonly<Record<keyof typeof params, number>>;

/** All extents, from x [B, H, W, C] and the options. Throws ShapeError. */
export function poolGeometry(x: Shape, options: PoolOptions = {}): PoolGeometry {
  const { b, h, w, c } = nhwc('max_pool2d', x);
  const { size = 2, stride = size, padding = 'valid' } = options;
  const [[kh, kw], [stride_y, stride_x]] = [pairOf(size), pairOf(stride)];
  const rows = windowOf('max_pool2d', h, kh, stride_y, padding);
  const columns = windowOf('max_pool2d', w, kw, stride_x, padding);
  return {
    b,
    h,
    w,
    c,
    oh: rows.out,
    ow: columns.out,
    kh,
    kw,
    stride_y,
    stride_x,
    pad_top: rows.before,
    pad_left: columns.before,
  };
}

function lanes(g: PoolGeometry): {
  params: PoolGeometry;
  constants: { LANE: string; INDEX: string };
  width: number;
} {
  const { LANE, width } = lanesFor(g.c);
  return {
    params: { ...g, c: g.c / width },
    constants: { LANE, INDEX: LANE === 'f32' ? 'u32' : 'vec4u' },
    width,
  };
}

/** y [B, OH, OW, C], and argmax (u32, same shape): the position of the maximum in each window, ky * kw + kx. */
export function maxPool2dForward(rec: Recorder, x: Tensor, g: PoolGeometry): { y: Tensor; argmax: Tensor } {
  const shape = [g.b, g.oh, g.ow, g.c];
  const y = rec.alloc(shape, 'y');
  const argmax = rec.alloc(shape, 'argmax');
  const { params, constants, width } = lanes(g);
  rec.dispatch(forwardKernel, {
    bind: { x, y, argmax },
    params: { ...params },
    constants,
    workgroups: Math.ceil(y.size / width / GROUP),
  });
  return { y, argmax };
}

/** dx [B, H, W, C] from dy and argmax, both [B, OH, OW, C]. */
export function maxPool2dBackward(rec: Recorder, dy: Tensor, argmax: Tensor, g: PoolGeometry): Tensor {
  const dx = rec.alloc([g.b, g.h, g.w, g.c], 'dx');
  const { params, constants, width } = lanes(g);
  // Windows that tile the image have a faster kernel.
  const tiles = g.stride_y === g.kh && g.stride_x === g.kw && g.pad_top === 0 && g.pad_left === 0;
  const windows = Math.ceil(g.h / g.kh) * Math.ceil(g.w / g.kw);
  rec.dispatch(tiles ? backwardTilesKernel : backwardKernel, {
    bind: { dy, argmax, dx },
    params: { ...params },
    constants,
    workgroups: Math.ceil((tiles ? g.b * windows * g.c : dx.size) / width / GROUP),
  });
  return dx;
}
