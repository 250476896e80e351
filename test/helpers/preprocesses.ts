import { fittedSize, isFitted, type Preprocess, type PreprocessName } from '../../src/data/preprocess.js';

/** A preprocessing with all that it takes from training images: odd means and deviations. */
export function fittedPreprocess(name: PreprocessName, pixels: number): Preprocess {
  if (!isFitted(name)) return { name };
  const size = fittedSize(name, pixels);
  const mean = Float32Array.from({ length: size }, (_, i) => 100 + ((i * 37) % 61));
  if (name === 'mean') return { name, mean };
  return { name, mean, std: Float32Array.from({ length: size }, (_, i) => 40 + ((i * 17) % 23)) };
}
