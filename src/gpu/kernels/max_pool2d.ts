import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { nhwc, type Padding, type Shape, windowOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP, lanesFor } from './reduce.js';

/** Host side of shaders/max_pool2d.wgsl. */
const params = u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'size', 'stride', 'pad_top', 'pad_left');
const forwardKernel = defineKernel('max_pool2d', 'forward', {
  reads: ['x'],
  writes: ['y', 'argmax'],
  params,
});
const BACKWARD = { reads: ['dy', 'argmax'], writes: ['dx'], params } as const;
const backwardKernel = defineKernel('max_pool2d', 'backward', BACKWARD);
const backwardTilesKernel = defineKernel('max_pool2d', 'backward_tiles', BACKWARD);

export interface PoolOptions {
  /** Edge of the window; default 2. */
  readonly size?: number;
  /** Stride of the window; default `size`. */
  readonly stride?: number;
  /** Keras's 'valid' (default) or 'same'. */
  readonly padding?: Padding;
}

/** The extents, by the names of the kernels' params. */
export type PoolGeometry = Readonly<Record<keyof typeof params, number>>;

/** All extents, from x [B, H, W, C] and the options. Throws ShapeError. */
export function poolGeometry(x: Shape, options: PoolOptions = {}): PoolGeometry {
  const { b, h, w, c } = nhwc('max_pool2d', x);
  const size = options.size ?? 2;
  const stride = options.stride ?? size;
  const rows = windowOf('max_pool2d', h, size, stride, options.padding ?? 'valid');
  const columns = windowOf('max_pool2d', w, size, stride, options.padding ?? 'valid');
  return {
    b,
    h,
    w,
    c,
    oh: rows.out,
    ow: columns.out,
    size,
    stride,
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

/** y [B, OH, OW, C], and argmax (u32, same shape): the place of the maximum in each window, ky * size + kx. */
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
  const tiles = g.stride === g.size && g.pad_top === 0 && g.pad_left === 0;
  const windows = Math.ceil(g.h / g.size) * Math.ceil(g.w / g.size);
  rec.dispatch(tiles ? backwardTilesKernel : backwardKernel, {
    bind: { dy, argmax, dx },
    params: { ...params },
    constants,
    workgroups: Math.ceil((tiles ? g.b * windows * g.c : dx.size) / width / GROUP),
  });
  return dx;
}
