import type { Box, ImageMix } from '../util/image_draw.js';
import type { Rng } from '../util/random.js';

/** How the images of a batch are mixed. */
export interface MixOptions {
  /** Alpha of mixup; 0: none. */
  readonly mixup: number;
  /** Alpha of CutMix; 0: none. With both, each batch takes one or the other. */
  readonly cutmix: number;
}

/**
 * Draws the mixup (Zhang et al. 2017) or CutMix (Yun et al. 2019) of a batch: the partners are a shuffle of the batch, the
 * shares follow Beta(alpha, alpha). Each image keeps the larger share, so that its own label stays the main one. In mixup, both
 * orders of a pair are equally likely, so this changes nothing else.
 * @param shape [H, W] of the images
 */
export function drawMix(
  count: number,
  { mixup, cutmix }: MixOptions,
  [height, width]: readonly [number, number],
  rng: Rng,
): ImageMix[] {
  const cut = cutmix > 0 && (mixup === 0 || rng.float() < 0.5);
  const alpha = cut ? cutmix : mixup;
  const partners = rng.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  return Array.from(partners, (partner) => {
    const drawn = rng.beta(alpha, alpha);
    const share = Math.max(drawn, 1 - drawn);
    if (!cut) return { partner, share };
    const box = drawBox(1 - share, [height, width], rng);
    return { partner, share: 1 - (box.width * box.height) / (width * height), box };
  });
}

/** A rectangle with a share of the pixels and the image's ratio of sides, around any pixel; what lies outside is cut off. */
function drawBox(share: number, [height, width]: readonly [number, number], rng: Rng): Box {
  const span = (length: number): readonly [number, number] => {
    const half = (Math.sqrt(share) * length) / 2;
    const middle = rng.float() * length;
    return [Math.max(0, Math.round(middle - half)), Math.min(length, Math.round(middle + half))];
  };
  const [left, right] = span(width);
  const [top, bottom] = span(height);
  return { left, top, width: right - left, height: bottom - top };
}
