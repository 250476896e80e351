import type { ImageMix } from '../util/image_draw.js';
import type { Rng } from '../util/random.js';

/**
 * Draws the mixup of a batch (Zhang et al. 2017): the partners are a shuffle of the batch, the shares follow
 * Beta(alpha, alpha). Each image keeps the larger share, so that its own label stays the main one. As both orders of a pair
 * are equally likely, this changes nothing else.
 */
export function drawMix(count: number, alpha: number, rng: Rng): ImageMix[] {
  const partners = rng.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  return Array.from(partners, (partner) => {
    const share = rng.beta(alpha, alpha);
    return { partner, share: Math.max(share, 1 - share) };
  });
}
