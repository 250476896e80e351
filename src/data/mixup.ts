import type { ImageMix } from '../util/image_draw.js';
import type { Rng } from '../util/random.js';

/**
 * Mixup's random blends of a batch (Zhang et al. 2017): partners are a shuffle of the batch, shares follow
 * Beta(alpha, alpha). An image keeps the larger share, so that its own label stays the first one; as pairs are drawn
 * both ways alike, that changes nothing else.
 */
export function drawMix(count: number, alpha: number, rng: Rng): ImageMix[] {
  const partners = rng.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  return Array.from(partners, (partner) => {
    const share = rng.beta(alpha, alpha);
    return { partner, share: Math.max(share, 1 - share) };
  });
}
