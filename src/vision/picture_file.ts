import { extname } from 'node:path';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { atomicWrite } from '../util/atomic_write.js';
import { UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';

const JPEG_QUALITY = 92;

/** Throws UsageError unless the name ends in .png, .jpg or .jpeg. */
export function checkPictureName(path: string): void {
  if (/\.(png|jpe?g)$/i.test(path)) return;
  throw new UsageError(
    `${path}: pictures are written as PNG or JPEG; expected a name that ends in .png or .jpg`,
  );
}

/** Writes an RGB picture as PNG or JPEG, depending on its name. The write is atomic. Throws UsageError, RunError. */
export function writePicture(path: string, picture: Picture): void {
  checkPictureName(path);
  atomicWrite(path, /\.png$/i.test(extname(path)) ? encodePng(picture) : encodeJpeg(picture));
}

export function encodePng(picture: Picture): Uint8Array {
  const { width, height } = picture;
  const png = new PNG({ width, height });
  png.data = rgba(picture);
  return PNG.sync.write(png, { colorType: 2 });
}

function encodeJpeg(picture: Picture): Uint8Array {
  const { width, height } = picture;
  return jpeg.encode({ width, height, data: rgba(picture) }, JPEG_QUALITY).data;
}

function rgba({ data }: Picture): Buffer {
  const out = Buffer.alloc((data.length / 3) * 4, 255);
  for (let i = 0, k = 0; i < data.length; i += 3, k += 4) {
    out[k] = data[i] as number;
    out[k + 1] = data[i + 1] as number;
    out[k + 2] = data[i + 2] as number;
  }
  return out;
}
