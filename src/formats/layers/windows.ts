import type { AveragePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import type { ConvGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import type { Expansion } from '../../gpu/kernels/expand_kernel.js';
import type { Attributes } from '../onnx_proto.js';

/** The positions of a window on an image. */
type Window = Omit<AveragePoolGeometry, 'b' | 'c'>;

/** ONNX's attributes of a window. In the pads [top, left, bottom, right], bottom and right are the rest that the windows need. */
export function windowAttributes({
  h,
  w,
  oh,
  ow,
  kh,
  kw,
  stride_y: down,
  stride_x: across,
  pad_top: top,
  pad_left: left,
}: Window): Attributes {
  const after = (extent: number, out: number, k: number, stride: number, before: number): number =>
    Math.max(0, (out - 1) * stride + k - extent - before);
  const pads = [top, left, after(h, oh, kh, down, top), after(w, ow, kw, across, left)];
  return { kernel_shape: [kh, kw], strides: [down, across], pads };
}

type ConvWindow = Omit<ConvGeometry, 'b' | 'ic' | 'oc'>;

/** ONNX's attributes of a convolution. @param expansion dilation and groups; `g` then has the size of the dilated kernel */
export function convolutionAttributes(g: ConvWindow, expansion?: Expansion): Attributes {
  const attributes = windowAttributes(g);
  if (expansion === undefined) return attributes;
  const { groups, dilation } = expansion;
  const own = [(g.kh - 1) / dilation[0] + 1, (g.kw - 1) / dilation[1] + 1];
  return { ...attributes, kernel_shape: own, group: groups, dilations: [...dilation] };
}
