import { DataError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';

/**
 * Decodes a picture with the optional package sharp (libvips): the first frame, upright as its EXIF data says, as red, green
 * and blue with 8 bits each. It is loaded when the first such picture is met.
 * @param most pixels that are decoded at most @param name of the file and @param kind of the picture, for messages
 * Throws DataError where sharp is not installed, Error for a damaged picture.
 */
export async function decodeWithSharp(
  bytes: Uint8Array,
  most: number,
  name: string,
  kind: string,
): Promise<Picture> {
  let sharp: typeof import('sharp').default;
  try {
    ({ default: sharp } = await import('sharp'));
  } catch (cause) {
    throw new DataError(
      `${name}: a ${kind} picture needs the optional package sharp, which cannot be loaded here; install it with "npm install sharp", or convert the picture to JPEG or PNG`,
      { cause },
    );
  }
  const { data, info } = await sharp(bytes, { limitInputPixels: most, pages: 1 })
    .autoOrient()
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, data };
}
