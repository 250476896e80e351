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

/** Preprocesses images in place of [n, 48 * 48] raw values 0..255. */
export function applyPreprocess({ name, mean }: Preprocess, values: Float32Array): void {
  if (name === 'none') return;
  for (let i = 0; i < values.length; i++) {
    values[i] = ((values[i] as number) - (mean === undefined ? 0 : (mean[i % PIXELS] as number))) / 255;
  }
}
