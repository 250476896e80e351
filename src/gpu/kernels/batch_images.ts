import { type ImageDraw, NO_BOX, NO_CAMERA, packBox } from '../../util/image_draw.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';

/** Host side of shaders/batch_images.wgsl. */
const pickKernel = defineKernel('batch_images', 'pick', {
  reads: ['pixels', 'draws', 'mean', 'divisors'],
  writes: ['images'],
  params: {
    ...u32s('b', 'h', 'w', 'channels', 'stored'),
    ...{ has_mean: 'u32', has_divisors: 'u32', divisor: 'f32' },
  },
});

/** Host side of shaders/standardize_images.wgsl. */
const standardizeKernel = defineKernel('standardize_images', 'standardize', {
  reads: [],
  writes: ['images'],
  params: { ...u32s('b', 'count'), floor: 'f32' },
});

/** 32-bit words per image in `draws`. */
export const DRAW_WORDS = 16;
/** Edge of the square of pixels that a workgroup computes. */
const SIDE = 8;

/** Encodes draws for the shader: [B, DRAW_WORDS]. */
export function packDraws(draws: readonly ImageDraw[]): Uint32Array {
  const words = new Uint32Array(draws.length * DRAW_WORDS);
  const floats = new Float32Array(words.buffer);
  draws.forEach(({ image, gain, x0, y0, xx, xy, yx, yy, camera = NO_CAMERA, erased = NO_BOX }, i) => {
    const { gamma, contrast, blur, noise, grain, quality } = camera;
    const at = i * DRAW_WORDS;
    words[at] = image;
    floats.set([gain, x0, y0, xx, xy, yx, yy, gamma, contrast, blur, noise], at + 1);
    words.set([grain, quality, ...packBox(erased)], at + 12);
  });
  return words;
}

/**
 * Fills a batch of images from a data set on the device.
 * @param pixels [N, H, W, stored] bytes, four per word @param draws [B, DRAW_WORDS] @param mean [H, W] or none
 * @param divisors [H, W] or none: in place of `divisor`
 * @param images [B, H, W, C], written; C is `stored`, or 3 when gray images feed a network for colour images
 * @param stored channels of a stored image @param divisor what the difference from the mean is divided by
 */
export function pickImages(
  rec: Recorder,
  {
    pixels,
    draws,
    mean,
    divisors,
    images,
  }: {
    pixels: Tensor;
    draws: Tensor;
    mean: Tensor | undefined;
    divisors?: Tensor | undefined;
    images: Tensor;
  },
  { divisor, stored }: { divisor: number; stored: number },
): void {
  const [b = 0, h = 0, w = 0, channels = 1] = images.shape;
  rec.dispatch(pickKernel, {
    // The bindings need buffers even without a mean or divisors. The kernel does not read them.
    bind: { pixels, draws, mean: mean ?? draws, divisors: divisors ?? draws, images },
    params: {
      ...{ b, h, w, channels, stored, divisor },
      ...{ has_mean: Number(mean !== undefined), has_divisors: Number(divisors !== undefined) },
    },
    workgroups: b * channels * Math.ceil(h / SIDE) * Math.ceil(w / SIDE),
  });
}

/**
 * Subtracts from each image its mean and divides it by its standard deviation, in place.
 * @param images [B, H, W, C] @param values of a stored image: the deviation counts as at least 1 / sqrt(values)
 */
export function standardizeImages(rec: Recorder, images: Tensor, values: number): void {
  const [b = 0] = images.shape;
  rec.dispatch(standardizeKernel, {
    bind: { images },
    params: { b, count: images.size / Math.max(1, b), floor: 1 / Math.sqrt(values) },
    workgroups: b,
  });
}
