import { type Arr, at } from './arrays.js';
import { contains, type Rectangle } from './batch_images.js';

/**
 * The mixture of an image: the index of its partner in the batch, and its own share, 0 to 1. With a box, the pixels are those of
 * the partner in it and its own elsewhere; else all are blended.
 */
export interface Mix {
  readonly partner: number;
  readonly share: number;
  readonly box?: Rectangle;
}

/** Mixes images [B, size]; a size of H * W * channels where there are boxes. */
export function mixImages(images: Arr, mix: readonly Mix[], { w = 1, channels = 1 } = {}): Arr {
  const size = images.length / mix.length;
  return images.map((v, i) => {
    const { partner, share: weight, box } = mix[Math.floor(i / size)] as Mix;
    const pixel = Math.floor((i % size) / channels);
    const share = box === undefined ? weight : Number(!contains(box, pixel % w, Math.floor(pixel / w)));
    return share * v + (1 - share) * at(images, partner * size + (i % size));
  });
}
