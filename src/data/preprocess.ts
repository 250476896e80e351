import { PIXELS } from './split_builder.js';
import type { Split } from './types.js';

/** mean: (x - mean image) / 255; scale255: x / 255; none: x as it is, 0..255. */
export type PreprocessName = 'mean' | 'scale255' | 'none';

/** How pixels become the network's input; travels with its weights. */
export interface Preprocess {
  readonly name: PreprocessName;
  /** For `mean`: [48 * 48] average of the training images, in 0..255. */
  readonly mean?: Float32Array;
}

/** Learns what the option needs from the training images alone: nothing of the validation images leaks in. */
export function fitPreprocess(name: PreprocessName, train: Split): Preprocess {
  if (name !== 'mean') return { name };
  const sums = new Float64Array(PIXELS);
  const { images, labels } = train;
  for (let at = 0; at < images.length; at += PIXELS) {
    for (let p = 0; p < PIXELS; p++) sums[p] = (sums[p] as number) + (images[at + p] as number);
  }
  return { name, mean: Float32Array.from(sums, (sum) => sum / Math.max(1, labels.length)) };
}

/**
 * Preprocesses n images at once.
 * @param pixels [n, 48, 48] raw values 0..255 @param out [n, 48, 48]; may be `pixels` itself
 * Throws RangeError when `out` is too small or the pixels are no whole number of images.
 */
export function applyPreprocess(p: Preprocess, pixels: ArrayLike<number>, out: Float32Array): void {
  const total = pixels.length;
  if (out.length < total || total % PIXELS !== 0) {
    throw new RangeError(
      `applyPreprocess: ${total} pixels into ${out.length}; expected whole 48 x 48 images`,
    );
  }
  if (p.name === 'mean') {
    const { mean } = p;
    if (mean?.length !== PIXELS) {
      throw new RangeError(`applyPreprocess: mean image of ${mean?.length ?? 0} pixels; expected ${PIXELS}`);
    }
    for (let at = 0; at < total; at += PIXELS) {
      for (let i = 0; i < PIXELS; i++) out[at + i] = ((pixels[at + i] as number) - (mean[i] as number)) / 255;
    }
    return;
  }
  const divisor = p.name === 'scale255' ? 255 : 1;
  for (let i = 0; i < total; i++) out[i] = (pixels[i] as number) / divisor;
}
