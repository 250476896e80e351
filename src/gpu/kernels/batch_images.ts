import { type ImageDraw, NO_CAMERA } from '../../util/image_draw.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';

/** Host side of shaders/batch_images.wgsl. */
const pickKernel = defineKernel('batch_images', 'pick', {
  reads: ['pixels', 'draws', 'mean'],
  writes: ['images'],
  params: {
    ...u32s('b', 'h', 'w', 'channels', 'stored'),
    ...{ has_mean: 'u32', divisor: 'f32' },
  },
});

/** 32-bit words per image in `draws`. */
export const DRAW_WORDS = 16;
/** Edge of the square of pixels that a workgroup makes. */
const SIDE = 8;

/** Encodes draws for the shader: [B, DRAW_WORDS]. */
export function packDraws(draws: readonly ImageDraw[]): Uint32Array {
  const words = new Uint32Array(draws.length * DRAW_WORDS);
  const floats = new Float32Array(words.buffer);
  draws.forEach(({ image, gain, x0, y0, xx, xy, yx, yy, camera = NO_CAMERA }, i) => {
    const { gamma, contrast, blur, noise, grain, quality } = camera;
    const at = i * DRAW_WORDS;
    words[at] = image;
    floats.set([gain, x0, y0, xx, xy, yx, yy, gamma, contrast, blur, noise], at + 1);
    words.set([grain, quality], at + 12);
  });
  return words;
}

/**
 * Fills a batch of images from a data set on the device.
 * @param pixels [N, H, W, stored] bytes, four per word @param draws [B, DRAW_WORDS] @param mean [H, W] or none
 * @param images [B, H, W, C], written; C is `stored`, or 3 when gray images feed a network for colour images
 * @param stored channels of a stored image @param divisor what the difference from the mean is divided by
 */
export function pickImages(
  rec: Recorder,
  {
    pixels,
    draws,
    mean,
    images,
  }: { pixels: Tensor; draws: Tensor; mean: Tensor | undefined; images: Tensor },
  { divisor, stored }: { divisor: number; stored: number },
): void {
  const [b = 0, h = 0, w = 0, channels = 1] = images.shape;
  rec.dispatch(pickKernel, {
    // The binding needs a buffer even without a mean. The kernel does not read it.
    bind: { pixels, draws, mean: mean ?? draws, images },
    params: { b, h, w, channels, stored, has_mean: Number(mean !== undefined), divisor },
    workgroups: b * channels * Math.ceil(h / SIDE) * Math.ceil(w / SIDE),
  });
}
