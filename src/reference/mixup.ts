import { type Arr, at } from './arrays.js';

/** What an image is blended with: another of the batch, and its own share. */
export interface Mix {
  readonly partner: number;
  readonly share: number;
}

/** images [B, size], blended. */
export function mixImages(images: Arr, mix: readonly Mix[]): Arr {
  const size = images.length / mix.length;
  return images.map((v, i) => {
    const { partner, share } = mix[Math.floor(i / size)] as Mix;
    return share * v + (1 - share) * at(images, partner * size + (i % size));
  });
}
