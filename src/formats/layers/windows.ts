import type { AveragePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import type { Attributes } from '../onnx_proto.js';

/** The positions of a window on an image. */
type Window = Omit<AveragePoolGeometry, 'b' | 'c'>;

/** ONNX's attributes of a window. In the pads [top, left, bottom, right], the last two fill up the rest. */
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
