import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { DataError } from '../util/errors.js';
import { type Picture, toGray } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { orientationOf, upright } from './orientation.js';
import { pictureKind } from './picture_kind.js';
import { FACE } from './split_builder.js';
import type { ImageShape } from './types.js';

/** Decodes a JPEG or PNG to a gray 48 x 48 face. Throws DataError that names the image. */
export function decodeFace(bytes: Uint8Array, name: string, out: Uint8Array): void {
  out.set(fitPicture(decodePicture(bytes, name), FACE));
}

const EXPECTED = 'expected a whole JPEG or PNG';
const WAY_OUT = 'leave such images out with --skip-bad';

/**
 * Decodes a JPEG or PNG to red, green and blue, turned upright as its EXIF data says. The content decides what it is, not the
 * name. Throws DataError that names the image.
 */
export function decodePicture(bytes: Uint8Array, name: string): Picture {
  const kind = pictureKind(bytes);
  if (kind !== undefined && kind !== 'JPEG' && kind !== 'PNG')
    throw new DataError(`${name}: a ${kind} picture is not read; ${EXPECTED}: convert it, or ${WAY_OUT}`);
  let picture: { width: number; height: number; data: Uint8Array };
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    picture =
      kind === 'PNG'
        ? PNG.sync.read(buffer)
        : jpeg.decode(buffer, { useTArray: true, formatAsRGBA: true, tolerantDecoding: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      `${name}: cannot be read as an image (${why}); ${EXPECTED}: replace or remove it, or ${WAY_OUT}`,
      { cause },
    );
  }
  const { width, height, data } = picture;
  const colours = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => data[Math.floor(i / 3) * 4 + (i % 3)] as number,
  );
  return upright({ width, height, channels: 3, data: colours }, orientationOf(bytes));
}

/**
 * Converts a picture to the input shape of a network. Gray is luma by ITU-R BT.601. Area averaging makes pictures smaller,
 * bilinear interpolation larger. Of a gray picture, all channels are equal.
 */
export function fitPicture(picture: Picture, [height, width, channels]: ImageShape): Uint8Array {
  const { data } = resample(channels === 1 ? toGray(picture) : picture, width, height, 'bilinear');
  if (data.length === height * width * channels) return data;
  return Uint8Array.from(
    { length: height * width * channels },
    (_, i) => data[Math.floor(i / channels)] as number,
  );
}

/**
 * Resizes gray images.
 * @param images [n, ...from] @returns [n, height, width], the same array if nothing changes
 */
export function resizeImages(
  images: Uint8Array,
  from: readonly [number, number],
  to: readonly [number, number],
): Uint8Array {
  if (from[0] === to[0] && from[1] === to[1]) return images;
  const [before, after] = [from[0] * from[1], to[0] * to[1]];
  const out = new Uint8Array((images.length / before) * after);
  for (let i = 0; i * before < images.length; i++) {
    const data = images.subarray(i * before, (i + 1) * before);
    const picture = { height: from[0], width: from[1], channels: 1, data } as const;
    out.set(resample(picture, to[1], to[0], 'bilinear').data, i * after);
  }
  return out;
}
