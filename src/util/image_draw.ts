/** What light and a camera do to an image, in this order. shaders/batch_images.wgsl has the formulas. */
export interface CameraDraw {
  /** Exponent of the gray level / 255, > 0; 1: none. Above 1 darkens. */
  readonly gamma: number;
  /** Factor of the distance from middle gray, 127.5; 1: none. */
  readonly contrast: number;
  /** Standard deviation of a Gaussian blur, in pixels, 0 to 2; 0: none. */
  readonly blur: number;
  /** Standard deviation of the noise of each value, in gray levels; 0: none. */
  readonly noise: number;
  /** Seed of the noise, a whole number of 32 bits. */
  readonly grain: number;
  /** Quality of a compression as by JPEG, a whole number from 1 to 100; 0: none. */
  readonly quality: number;
}

/** An image that light and camera leave alone. */
export const NO_CAMERA: CameraDraw = { gamma: 1, contrast: 1, blur: 0, noise: 0, grain: 0, quality: 0 };

/**
 * One image of a batch: its index, and how it is augmented. Output pixel (ox, oy) is sampled bilinearly at
 *   x = xx * ox + xy * oy + x0,   y = yx * ox + yy * oy + y0   (clamped to the image),
 * and multiplied by `gain` (clamped to 255). Then come the effects of light and camera, if any.
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
  /** What light and a camera do to it; default: nothing. */
  readonly camera?: CameraDraw;
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
