/**
 * One image of a batch: its index, and how it is augmented. Output pixel (ox, oy) is sampled bilinearly at
 *   x = xx * ox + xy * oy + x0,   y = yx * ox + yy * oy + y0   (clamped to the image),
 * and multiplied by `gain` (clamped to 255).
 */
export interface ImageDraw {
  /** Index among the stored images. */
  readonly image: number;
  /** How x grows with ox. */
  readonly xx: number;
  /** How x grows with oy. */
  readonly xy: number;
  /** x of the output pixel (0, 0). */
  readonly x0: number;
  /** How y grows with ox. */
  readonly yx: number;
  /** How y grows with oy. */
  readonly yy: number;
  /** y of the output pixel (0, 0). */
  readonly y0: number;
  /** Factor of brightness. */
  readonly gain: number;
}

/** An image without changes. */
export function plainDraw(image: number): ImageDraw {
  return { image, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
}

/** The mixup of one image: the index of its partner in the batch, and its own share. */
export interface ImageMix {
  /** Position in the batch. */
  readonly partner: number;
  /** Share of the image itself, in [0.5, 1]. */
  readonly share: number;
}
