import type { AveragePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import type { Attributes } from '../onnx_proto.js';

/** Where a window steps over an image. */
type Window = Omit<AveragePoolGeometry, 'b' | 'c'>;

/** Its attributes; of ONNX's pads [top, left, bottom, right] the last two are what is left of the whole. */
export function windowAttributes({
  h,
  w,
  oh,
  ow,
  kh,
  kw,
  stride,
  pad_top: top,
  pad_left: left,
}: Window): Attributes {
  const after = (extent: number, out: number, k: number, before: number): number =>
    Math.max(0, (out - 1) * stride + k - extent - before);
  const pads = [top, left, after(h, oh, kh, top), after(w, ow, kw, left)];
  return { kernel_shape: [kh, kw], strides: [stride, stride], pads };
}
