import { PIXELS } from './split_builder.js';
import type { Split } from './types.js';

/** mean: (x - mean image) / 255; scale255: x / 255; minus1to1: x / 127.5 - 1; none: x as it is, 0..255. */
export const PREPROCESS = ['mean', 'scale255', 'minus1to1', 'none'] as const;
export type PreprocessName = (typeof PREPROCESS)[number];

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

/** Every option is of one form: (x - mean) / divisor, mean an image or nothing. Throws RangeError. */
export function affineOf({ name, mean }: Preprocess): {
  readonly mean: Float32Array | undefined;
  readonly divisor: number;
} {
  switch (name) {
    case 'mean':
      if (mean?.length !== PIXELS) {
        throw new RangeError(`preprocess mean: an image of ${mean?.length ?? 0} pixels; expected ${PIXELS}`);
      }
      return { mean, divisor: 255 };
    case 'scale255':
      return { mean: undefined, divisor: 255 };
    case 'minus1to1':
      return { mean: new Float32Array(PIXELS).fill(127.5), divisor: 127.5 };
    case 'none':
      return { mean: undefined, divisor: 1 };
  }
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
  const { mean, divisor } = affineOf(p);
  for (let at = 0; at < total; at += PIXELS) {
    for (let i = 0; i < PIXELS; i++) {
      out[at + i] = ((pixels[at + i] as number) - (mean === undefined ? 0 : (mean[i] as number))) / divisor;
    }
  }
}
