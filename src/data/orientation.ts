import type { Picture } from '../util/picture.js';

/**
 * How a camera was held. Phones store a picture as the sensor saw it, and say in its EXIF data how to turn it (Exif 2.32,
 * tag 0x0112, 1 to 8).
 */

const ORIENTATION = 0x0112;
const UPRIGHT = 1;

/** The orientation of a JPEG or PNG, from 1 to 8; 1 (upright) where it says nothing, or nothing sensible. */
export function orientationOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tiff = bytes[0] === 0xff ? tiffInJpeg(view) : tiffInPng(view);
    const orientation = tiff === undefined ? UPRIGHT : orientationAt(view, tiff);
    return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
  } catch (error) {
    if (error instanceof RangeError) return UPRIGHT; // an offset that points outside of the file
    throw error;
  }
}

/** Position of the EXIF data in a JPEG: in a segment APP1 before the picture itself. */
function tiffInJpeg(view: DataView): number | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return undefined; // the picture begins
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) return at + 10; // "Exif"
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** Position of the EXIF data in a PNG: in the chunk eXIf. */
function tiffInPng(view: DataView): number | undefined {
  for (let at = 8; at < view.byteLength; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x65584966) return at + 8; // "eXIf"
  }
  return undefined;
}

/** Reads the tag from the first directory of a TIFF structure (TIFF 6.0, section 2). */
function orientationAt(view: DataView, tiff: number): number {
  const little = view.getUint16(tiff) === 0x4949; // "II": Intel's byte order
  const directory = tiff + view.getUint32(tiff + 4, little);
  const count = view.getUint16(directory, little);
  for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
    if (view.getUint16(entry, little) === ORIENTATION) return view.getUint16(entry + 8, little);
  }
  return UPRIGHT;
}

/** Turns and mirrors a picture so that it is upright. */
export function upright(picture: Picture, orientation: number): Picture {
  if (orientation === UPRIGHT) return picture;
  const { width, height, channels, data } = picture;
  const turned = orientation >= 5; // rows become columns
  const [w, h] = turned ? [height, width] : [width, height];
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(data.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [column, row] = turned ? [y, x] : [x, y];
      const fromX = mirrored ? width - 1 - column : column;
      const fromY = flipped ? height - 1 - row : row;
      const from = (fromY * width + fromX) * channels;
      out.set(data.subarray(from, from + channels), (y * w + x) * channels);
    }
  }
  return { ...picture, width: w, height: h, data: out };
}
