import { FACE, PIXELS } from './split_builder.js';
import type { ImageShape, Split } from './types.js';

/** What can be done to pixels of 0 to 255; docs/training.md has the formulas. */
export const PREPROCESS = [
  'mean',
  'scale255',
  'minus1to1',
  'none',
  'standardize',
  'standardize-image',
  'standardize-global',
] as const;
/**
 * A formula for pixels 0 to 255: `mean` is (x - mean image) / 255, `scale255` x / 255, `minus1to1` x / 127.5 - 1, `none` x.
 * The others are (x - mean) / standard deviation: `standardize` of each pixel over the training images, `standardize-global`
 * of all their pixels, `standardize-image` of the image itself, where the deviation is at least 1 / sqrt(its values).
 */
export type PreprocessName = (typeof PREPROCESS)[number];

/** What each does to a pixel of 0 to 255, for people. */
export const PREPROCESS_FORMULAS: Readonly<Record<PreprocessName, string>> = {
  mean: 'x = (pixel − mean image) / 255',
  scale255: 'x = pixel / 255',
  minus1to1: 'x = pixel / 127.5 − 1',
  none: 'x = pixel',
  standardize: 'x = (pixel − mean image) / standard deviation of the pixel over the training images',
  'standardize-image':
    'x = (pixel − mean of the image) / standard deviation of the image, which counts as at least 1 / √(its values)',
  'standardize-global': 'x = (pixel − mean) / standard deviation of all pixels of the training images',
};

/** How pixels are converted to the network's input. Model files store it with the weights. */
export interface Preprocess {
  /** Which formula. */
  readonly name: PreprocessName;
  /** For `mean` and `standardize`: the mean training image, [H * W], in 0..255; for `standardize-global`: one number, [1]. */
  readonly mean?: Float32Array;
  /** For `standardize` and `standardize-global`: the standard deviations, of the shape of `mean`; all above 0. */
  readonly std?: Float32Array;
}

/** What a preprocessing takes from the training images. */
const FITTED: Readonly<Partial<Record<PreprocessName, readonly ('mean' | 'std')[]>>> = {
  mean: ['mean'],
  standardize: ['mean', 'std'],
  'standardize-global': ['mean', 'std'],
};

/** Whether a preprocessing follows from the training images. */
export function isFitted(name: PreprocessName): boolean {
  return FITTED[name] !== undefined;
}

/** Whether a preprocessing lacks what follows from the training images. */
export function lacksFit(p: Preprocess): boolean {
  return (FITTED[p.name] ?? []).some((part) => p[part] === undefined);
}

/** Numbers in the mean, and in the deviation, of a preprocessing for images of so many pixels. */
export function fittedSize(name: PreprocessName, pixels: number): number {
  return name === 'standardize-global' ? 1 : pixels;
}

/** Whether two preprocessings do the same to an image. */
export function samePreprocess(a: Preprocess, b: Preprocess): boolean {
  const same = (x: ArrayLike<number> = [], y: ArrayLike<number> = []): boolean =>
    x.length === y.length && Array.prototype.every.call(x, (value, i) => value === y[i]);
  return a.name === b.name && same(a.mean, b.mean) && same(a.std, b.std);
}

/**
 * Computes what the preprocessing needs, from the training images only: nothing leaks from the validation images. A standard
 * deviation of 0 becomes 1.
 */
export function fitPreprocess(name: PreprocessName, train: Split): Preprocess {
  if (!isFitted(name)) return { name };
  const { images, labels } = train;
  const pixels = labels.length === 0 ? PIXELS : images.length / labels.length;
  const size = fittedSize(name, pixels);
  const count = Math.max(1, images.length / size);
  const sums = new Float64Array(size);
  for (let i = 0; i < images.length; i++) sums[i % size] = (sums[i % size] as number) + (images[i] as number);
  const mean = sums.map((sum) => sum / count);
  if (name === 'mean') return { name, mean: Float32Array.from(mean) };
  const squares = new Float64Array(size);
  for (let i = 0; i < images.length; i++) {
    squares[i % size] =
      (squares[i % size] as number) + ((images[i] as number) - (mean[i % size] as number)) ** 2;
  }
  return {
    ...{ name, mean: Float32Array.from(mean) },
    std: Float32Array.from(squares, (sum) => Math.sqrt(sum / count) || 1),
  };
}

/** A preprocessing as (x - mean) / divisor. */
export interface Affine {
  /** [H * W]; default: 0. */
  readonly mean: Float32Array | undefined;
  /** Divisor of all pixels. */
  readonly divisor: number;
  /** [H * W], a divisor of each pixel, in place of `divisor`. */
  readonly divisors?: Float32Array;
  /** Whether each image is then standardized by its own mean and standard deviation. */
  readonly eachImage?: boolean;
}

/**
 * Expresses a preprocessing as (x - mean) / divisor, where both may be images. Throws RangeError when these have another size.
 * @param pixels number of pixels of an image
 */
export function affineOf(p: Preprocess, pixels = PIXELS): Affine {
  const { name, mean, std } = p;
  const size = fittedSize(name, pixels);
  for (const part of FITTED[name] ?? []) {
    if (p[part]?.length !== size) {
      throw new RangeError(
        `preprocess ${name}: a ${part} of ${p[part]?.length ?? 0} pixels; expected ${size}`,
      );
    }
  }
  switch (name) {
    case 'mean':
      return { mean, divisor: 255 };
    case 'scale255':
      return { mean: undefined, divisor: 255 };
    case 'minus1to1':
      return { mean: new Float32Array(pixels).fill(127.5), divisor: 127.5 };
    case 'none':
      return { mean: undefined, divisor: 1 };
    case 'standardize':
      return { mean, divisor: 1, ...(std && { divisors: std }) };
    case 'standardize-global':
      return { mean: new Float32Array(pixels).fill(mean?.[0] ?? 0), divisor: std?.[0] ?? 1 };
    case 'standardize-image':
      return { mean: undefined, divisor: 1, eachImage: true };
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
  const { mean, divisor, divisors, eachImage = false } = affineOf(p, pixels);
  for (let i = 0; i < total; i++) {
    const shift = mean === undefined ? 0 : (mean[i % pixels] as number);
    const by = divisors === undefined ? divisor : (divisors[i % pixels] as number);
    for (let c = 0; c < channels; c++) {
      out[i * channels + c] = ((images[i * stored + (c % stored)] as number) - shift) / by;
    }
  }
  if (!eachImage) return;
  const size = pixels * channels;
  for (let first = 0; first < total * channels; first += size) {
    standardizeImage(out.subarray(first, first + size), pixels * stored);
  }
}

/** Standardizes one image in place. @param count values of the stored image, whose deviation counts as at least 1 / sqrt(count) */
function standardizeImage(image: Float32Array, count: number): void {
  let sum = 0;
  for (const value of image) sum += value;
  const mean = sum / image.length;
  let squares = 0;
  for (const value of image) squares += (value - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / image.length), 1 / Math.sqrt(count));
  for (let i = 0; i < image.length; i++) image[i] = ((image[i] as number) - mean) / deviation;
}
