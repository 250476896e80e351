import { type Extent, expectShape, nhwc, type Padding, pairOf, type Shape, windowOf } from '../shape.js';

/** Extents of one convolution. shaders/README.md explains the letters. */
export interface ConvGeometry {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly ic: number;
  readonly oh: number;
  readonly ow: number;
  readonly oc: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride_y: number;
  readonly stride_x: number;
  readonly pad_top: number;
  readonly pad_left: number;
}

export interface ConvOptions {
  /** Stride of the window, down and across; default 1. */
  readonly stride?: Extent;
  /** Keras's 'same' (default) or 'valid'. */
  readonly padding?: Padding;
}

/** All extents, from x [B, H, W, IC], weight [KH, KW, IC, OC] and the options. Throws ShapeError. */
export function convGeometry(x: Shape, weight: Shape, options: ConvOptions = {}): ConvGeometry {
  const { b, h, w, c } = nhwc('conv2d', x);
  expectShape('conv2d', 'weight is [KH, KW, IC, OC] with the input channels of x', weight, [
    null,
    null,
    c,
    null,
  ]);
  const [kh, kw, ic, oc] = weight as [number, number, number, number];
  const [stride_y, stride_x] = pairOf(options.stride ?? 1);
  const padding = options.padding ?? 'same';
  const rows = windowOf('conv2d', h, kh, stride_y, padding);
  const columns = windowOf('conv2d', w, kw, stride_x, padding);
  return {
    b,
    h,
    w,
    ic,
    oh: rows.out,
    ow: columns.out,
    oc,
    kh,
    kw,
    stride_y,
    stride_x,
    pad_top: rows.before,
    pad_left: columns.before,
  };
}
