import { type Arr, at } from './arrays.js';

/** The blend of an image: the index of its partner in the batch, and its own share, 0 to 1. */
export interface Mix {
  readonly partner: number;
  readonly share: number;
}

/** Blends images [B, size]. */
export function mixImages(images: Arr, mix: readonly Mix[]): Arr {
  const size = images.length / mix.length;
  return images.map((v, i) => {
    const { partner, share } = mix[Math.floor(i / size)] as Mix;
    return share * v + (1 - share) * at(images, partner * size + (i % size));
  });
}
