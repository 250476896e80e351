import { extname } from 'node:path';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { atomicWrite } from './atomic_write.js';
import { UsageError } from './errors.js';
import { inColor, type Picture } from './picture.js';

const JPEG_QUALITY = 92;

/** Throws UsageError unless the name ends in .png, .jpg or .jpeg. */
export function checkPictureName(path: string): void {
  if (/\.(png|jpe?g)$/i.test(path)) return;
  throw new UsageError(
    `${path}: pictures are written as PNG or JPEG; expected a name that ends in .png or .jpg`,
  );
}

/** Writes a picture as PNG or JPEG, depending on its name. The write is atomic. Throws UsageError, RunError. */
export function writePicture(path: string, picture: Picture): void {
  checkPictureName(path);
  atomicWrite(path, /\.png$/i.test(extname(path)) ? encodePng(picture) : encodeJpeg(picture));
}

/** Encodes a picture as PNG, gray or RGB as it is. */
export function encodePng({ width, height, channels, data }: Picture): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const colorType = channels === 3 ? 2 : 0;
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false });
}

function encodeJpeg(picture: Picture): Uint8Array {
  const { width, height, data } = inColor(picture);
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (let i = 0, k = 0; i < data.length; i += 3, k += 4) rgba.set(data.subarray(i, i + 3), k);
  return jpeg.encode({ width, height, data: rgba }, JPEG_QUALITY).data;
}
