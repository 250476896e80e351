import type { Arr } from './arrays.js';
import { type ConvShape, conv2dBackward, conv2dForward } from './conv2d.js';

/** A dense layer is a 1 x 1 convolution over a 1 x 1 image: x [B, IC], w [IC, OC], bias [OC]. */
const asConv = (b: number, ic: number, oc: number): ConvShape => ({
  ...{ b, ic, oc, h: 1, w: 1, kh: 1, kw: 1, stride: 1 },
  padding: 'valid',
});

/** y = x w + bias, [B, OC]. */
export function denseForward(x: Arr, w: Arr, bias: Arr, b: number, ic: number, oc: number): Arr {
  return conv2dForward(x, w, bias, asConv(b, ic, oc));
}

export function denseBackward(
  dy: Arr,
  x: Arr,
  w: Arr,
  b: number,
  ic: number,
  oc: number,
): { dx: Arr; dw: Arr; db: Arr } {
  return conv2dBackward(dy, x, w, asConv(b, ic, oc));
}
