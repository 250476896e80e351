import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { FACE_SIZE } from '../util/classes.js';
import { DataError } from '../util/errors.js';

/**
 * Decodes a JPEG or PNG to a gray 48 x 48 face: luma by ITU-R BT.601, and area averaging when the size differs.
 * Throws DataError that names the image.
 */
export function decodeFace(bytes: Uint8Array, name: string, out: Uint8Array): void {
  let picture: { width: number; height: number; data: Uint8Array };
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    picture = isPng(bytes)
      ? PNG.sync.read(buffer)
      : jpeg.decode(buffer, { useTArray: true, formatAsRGBA: true, tolerantDecoding: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      `${name}: cannot be read as an image (${why}); expected a whole JPEG or PNG: replace or remove it, or leave such images out with --skip-bad`,
      { cause },
    );
  }
  const { width, height, data } = picture;
  const gray = new Float32Array(width * height);
  for (let i = 0; i < gray.length; i++) {
    const [r, g, b] = [data[i * 4] as number, data[i * 4 + 1] as number, data[i * 4 + 2] as number];
    gray[i] = 0.299 * r + 0.587 * g + 0.114 * b;
  }
  resizeArea(gray, width, height, out);
}

/** What the bytes say counts, not the file's name. */
function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
}

/** Each output pixel is the average of the input area it covers. */
function resizeArea(gray: Float32Array, width: number, height: number, out: Uint8Array): void {
  for (let oy = 0; oy < FACE_SIZE; oy++) {
    for (let ox = 0; ox < FACE_SIZE; ox++) {
      const [x0, x1] = [(ox * width) / FACE_SIZE, ((ox + 1) * width) / FACE_SIZE];
      const [y0, y1] = [(oy * height) / FACE_SIZE, ((oy + 1) * height) / FACE_SIZE];
      let sum = 0;
      for (let y = Math.floor(y0); y < Math.ceil(y1); y++) {
        const high = Math.min(y + 1, y1) - Math.max(y, y0);
        for (let x = Math.floor(x0); x < Math.ceil(x1); x++) {
          sum += (gray[y * width + x] as number) * high * (Math.min(x + 1, x1) - Math.max(x, x0));
        }
      }
      out[oy * FACE_SIZE + ox] = Math.round(sum / ((x1 - x0) * (y1 - y0)));
    }
  }
}
