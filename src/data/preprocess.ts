import { FACE, PIXELS } from './split_builder.js';
import type { ImageShape, Split } from './types.js';

/** mean: (x - mean image) / 255; scale255: x / 255; minus1to1: x / 127.5 - 1; none: x as it is, 0..255. */
export const PREPROCESS = ['mean', 'scale255', 'minus1to1', 'none'] as const;
/** A formula for pixels 0 to 255: `mean` is (x - mean image) / 255, `scale255` x / 255, `minus1to1` x / 127.5 - 1, `none` x. */
export type PreprocessName = (typeof PREPROCESS)[number];

/** How pixels are converted to the network's input. Model files store it with the weights. */
export interface Preprocess {
  /** Which formula. */
  readonly name: PreprocessName;
  /** For `mean`: the mean training image, [H * W], in 0..255. */
  readonly mean?: Float32Array;
}

/** Computes what the preprocessing needs, from the training images only: nothing leaks from the validation images. */
export function fitPreprocess(name: PreprocessName, train: Split): Preprocess {
  if (name !== 'mean') return { name };
  const { images, labels } = train;
  const pixels = labels.length === 0 ? PIXELS : images.length / labels.length;
  const sums = new Float64Array(pixels);
  for (let at = 0; at < images.length; at += pixels) {
    for (let p = 0; p < pixels; p++) sums[p] = (sums[p] as number) + (images[at + p] as number);
  }
  return { name, mean: Float32Array.from(sums, (sum) => sum / Math.max(1, labels.length)) };
}

/**
 * Expresses a preprocessing as (x - mean) / divisor, where the mean may be an image. Throws RangeError when it has another
 * size.
 * @param pixels number of pixels of an image
 */
export function affineOf(
  { name, mean }: Preprocess,
  pixels = PIXELS,
): { readonly mean: Float32Array | undefined; readonly divisor: number } {
  switch (name) {
    case 'mean':
      if (mean?.length !== pixels) {
        throw new RangeError(`preprocess mean: an image of ${mean?.length ?? 0} pixels; expected ${pixels}`);
      }
      return { mean, divisor: 255 };
    case 'scale255':
      return { mean: undefined, divisor: 255 };
    case 'minus1to1':
      return { mean: new Float32Array(pixels).fill(127.5), divisor: 127.5 };
    case 'none':
      return { mean: undefined, divisor: 1 };
  }
}

/**
 * Preprocesses n images.
 * @param images [n, H, W, C] values in 0..255 @param out [n, H, W, channels]; may be `images` itself
 * @param shape [H, W, C] of one image; default: a face @param channels C, or 3 for gray images
 * Throws RangeError when `out` is too small, or `images` is not a whole number of images.
 */
export function applyPreprocess(
  p: Preprocess,
  images: ArrayLike<number>,
  out: Float32Array,
  [height, width, stored]: ImageShape = FACE,
  channels = stored,
): void {
  const pixels = height * width;
  const total = images.length / stored;
  if (out.length < total * channels || total % pixels !== 0) {
    throw new RangeError(
      `applyPreprocess: ${total} pixels into ${out.length}; expected whole ${width} x ${height} images`,
    );
  }
  const { mean, divisor } = affineOf(p, pixels);
  for (let i = 0; i < total; i++) {
    const shift = mean === undefined ? 0 : (mean[i % pixels] as number);
    for (let c = 0; c < channels; c++) {
      out[i * channels + c] = ((images[i * stored + (c % stored)] as number) - shift) / divisor;
    }
  }
}
