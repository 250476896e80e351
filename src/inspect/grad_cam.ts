import { camParts, weightedSum } from './cam.js';
import type { Method } from './method.js';

/**
 * Grad-CAM (Selvaraju et al. 2017): relu(sum over channels of alpha_c * maps_c), where alpha_c is the mean gradient of the
 * class score over the channel's map.
 * @param maps [height, width, channels] @param gradients the same shape @returns [height, width]
 */
export function gradCam(maps: Float32Array, gradients: Float32Array, channels: number): Float32Array {
  const positions = maps.length / channels;
  const alpha = new Float64Array(channels);
  for (let i = 0; i < gradients.length; i++) {
    const c = i % channels;
    alpha[c] = (alpha[c] as number) + (gradients[i] as number) / positions;
  }
  return weightedSum(maps, alpha);
}

/** Where each class finds its evidence. */
export const GRAD_CAM: Method = {
  name: 'grad-cam',
  title: 'Grad-CAM',
  shows:
    'Where in the face the last convolution finds what raises the score of a class: its channels, weighted by the mean gradient of the score.',
  limits:
    'The map is as coarse as that layer, and shows only evidence in favour; it does not say what the network sees there.',
  source: 'Selvaraju et al. 2017, arXiv 1610.02391',
  needs: 'face',
  run: (look) => camParts(look, gradCam),
};
