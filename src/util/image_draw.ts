/**
 * An image on its way into a batch: which one, and how it is changed. Output pixel (ox, oy) is read, bilinearly, at
 *   x = xx * ox + xy * oy + x0,   y = yx * ox + yy * oy + y0   (clamped to the image),
 * and multiplied by `gain` (clamped to 255).
 */
export interface ImageDraw {
  readonly image: number;
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
  readonly gain: number;
}

/** The image as it is. */
export function plainDraw(image: number): ImageDraw {
  return { image, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
}

/** What an image of a batch is blended with: the place of another one in the batch, and its own share of the blend. */
export interface ImageMix {
  readonly partner: number;
  readonly share: number;
}
