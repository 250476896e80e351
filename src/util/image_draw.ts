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

/** A rectangle of pixels inside an image. */
export interface Box {
  /** Column of its left pixels, from 0. */
  readonly left: number;
  /** Row of its upper pixels, from 0. */
  readonly top: number;
  /** In pixels; 0: there is no rectangle. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** A rectangle as the shaders read it: left and top in one word, width and height in the other, 16 bits each. */
export function packBox({ left, top, width, height }: Box): [number, number] {
  return [(left | (top << 16)) >>> 0, (width | (height << 16)) >>> 0];
}

/** No rectangle. */
export const NO_BOX: Box = { left: 0, top: 0, width: 0, height: 0 };

/**
 * One image of a batch: its index, and how it is augmented. Output pixel (ox, oy) is sampled bilinearly at
 *   x = xx * ox + xy * oy + x0,   y = yx * ox + yy * oy + y0   (clamped to the image),
 * and multiplied by `gain` (clamped to 255). Then come the effects of light and camera, if any, and a
 * rectangle of middle gray, if any.
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
  /** The rectangle that is erased; default: none. */
  readonly erased?: Box;
}

/** An image without changes. */
export function plainDraw(image: number): ImageDraw {
  return { image, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
}

/** A map of an image onto itself, around its centre. Without any of them the image stays as it is. */
export interface Affine {
  /** -1 mirrors left and right; default 1. */
  readonly mirror?: 1 | -1;
  /** Radians; positive values turn the picture counterclockwise. Default 0. */
  readonly angle?: number;
  /** Size of the part of the image that fills the output, as a share of the image: less than 1 enlarges. Default 1. */
  readonly scale?: number;
  /** Tangent of the angle by which columns lean; default 0. */
  readonly shear?: number;
  /** Pixels by which the picture moves to the right, and down; default [0, 0]. */
  readonly shift?: readonly [right: number, down: number];
}

/** An image under an affine map. @param shape [height, width, ...] of the image */
export function affineDraw(
  image: number,
  { mirror = 1, angle = 0, scale = 1, shear = 0, shift: [right, down] = [0, 0] }: Affine,
  [height, width]: readonly [number, number, ...unknown[]],
): ImageDraw {
  // From output to input coordinates: input = M (output - centre) + centre - shift.
  const cos = Math.cos(angle) * scale;
  const sin = Math.sin(angle) * scale;
  const xx = cos * mirror;
  const xy = -sin + cos * shear;
  const yx = sin * mirror;
  const yy = cos + sin * shear;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const aspect = cy / cx;
  const x0 = cx - right - cx * (xx + aspect * xy);
  const y0 = cy - down - cy * (yx / aspect + yy);
  return { image, xx, xy, x0, yx, yy, y0, gain: 1 };
}

/** The mixture of one image with another one: blended (mixup), or with a rectangle of the other one (CutMix). */
export interface ImageMix {
  /** Position of the other one in the batch. */
  readonly partner: number;
  /** Share of the image itself, in [0.5, 1]: in its targets, and in its pixels if they are blended. */
  readonly share: number;
  /** The rectangle that comes from the partner; default: the whole images are blended. */
  readonly box?: Box;
}
