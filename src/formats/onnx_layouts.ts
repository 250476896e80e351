export const LAYOUTS = ['nhwc', 'nchw'] as const;
/** The axes of images in an ONNX file: [batch, H, W, C] as in Keras, or [batch, C, H, W] as in PyTorch and OpenCV. */
export type ImageLayout = (typeof LAYOUTS)[number];
