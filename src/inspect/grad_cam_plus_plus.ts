import { camParts, weightedSum } from './cam.js';
import type { Method } from './method.js';

/**
 * Grad-CAM++ (Chattopadhay et al. 2018): as Grad-CAM, with the weight sum over positions of a * relu(g), where g is the
 * gradient and a = g^2 / (2 g^2 + g^3 * sum of the channel's map). The factor exp(score) that the paper's derivation leaves in
 * each gradient is common to all channels, so the scaled map does not need it.
 * @param maps [height, width, channels] @param gradients the same shape @returns [height, width]
 */
export function gradCamPlusPlus(maps: Float32Array, gradients: Float32Array, channels: number): Float32Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < maps.length; i++)
    sums[i % channels] = (sums[i % channels] as number) + (maps[i] as number);
  const weights = new Float64Array(channels);
  for (let i = 0; i < maps.length; i++) {
    const [c, g] = [i % channels, gradients[i] as number];
    const below = 2 * g ** 2 + g ** 3 * (sums[c] as number);
    if (g > 0 && below !== 0) weights[c] = (weights[c] as number) + (g ** 2 / below) * g;
  }
  return weightedSum(maps, weights);
}

/** Grad-CAM that counts places, not area. */
export const GRAD_CAM_PLUS_PLUS: Method = {
  name: 'grad-cam++',
  title: 'Grad-CAM++',
  shows:
    'As Grad-CAM, but every place with a positive gradient counts by itself, so several small pieces of evidence show as well as a large one.',
  limits:
    'It looks at positive gradients alone; with activations below 0 (ELU, batch normalisation) its weights can be unstable.',
  source: 'Chattopadhay et al. 2018, arXiv 1710.11063',
  needs: 'face',
  run: (look) => camParts(look, gradCamPlusPlus),
};
