import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { DataError } from '../util/errors.js';
import { inMegabytes } from '../util/megabytes.js';
import { type Picture, toGray } from '../util/picture.js';
import { printable } from '../util/printable.js';
import { resample } from '../util/resample.js';
import { mostUnpacked } from '../util/unpacking.js';
import { decodeBmp } from './bmp.js';
import { fileKind, UNKNOWN } from './file_kind.js';
import { orientationOf, upright } from './orientation.js';
import { PICTURE_KINDS, type PictureKind, pictureKind } from './picture_kind.js';
import { decodeWithSharp } from './sharp_pictures.js';
import { FACE } from './split_builder.js';
import type { ImageShape } from './types.js';
import { frameOf } from './whole_jpeg.js';
import { requireWholePng } from './whole_png.js';

/** Larger pictures are refused. */
const MOST_PIXELS = 100e6;
/** Pixels that a decoder fills in all scans of a JPEG together. Progressive ones have about ten. */
const MOST_SCANNED = 2e9;

/** How many pixels a picture of so many bytes may have: a few bytes can claim any size. */
const mostPixels = (bytes: Uint8Array): number => Math.min(MOST_PIXELS, mostUnpacked(bytes.length) / 3);

/** Throws Error where a picture claims no pixels, or more than its bytes can hold. */
function checkPixels(width: number, height: number, bytes: Uint8Array): void {
  if (width < 1 || height < 1)
    throw new Error(`it claims ${width} x ${height} pixels; expected at least 1 x 1`);
  if (width * height <= mostPixels(bytes)) return;
  throw new Error(
    `it claims ${(width * height).toLocaleString('en')} pixels; expected at most ${Math.floor(mostPixels(bytes)).toLocaleString('en')} in ${inMegabytes(bytes.length)}`,
  );
}

/** Decodes a picture to a gray 48 x 48 face. Throws DataError that names the image. */
export async function decodeFace(bytes: Uint8Array, name: string, out: Uint8Array): Promise<void> {
  out.set(fitPicture(await decodePicture(bytes, name), FACE));
}

/**
 * Decodes a picture to red, green and blue, turned upright as its EXIF data says; of several frames, the first. The content
 * decides what it is, not the name. JPEG, PNG and BMP need nothing else, the others the optional package sharp.
 * Throws DataError that names the image.
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  const shown = printable(name);
  const kind = pictureKind(bytes.subarray(0, 512));
  const expected = `expected ${PICTURE_KINDS}`;
  if (bytes.length === 0) throw new DataError(`${shown}: the file is empty; ${expected}`);
  if (kind === undefined) {
    const other = fileKind(bytes, name);
    if (other.read === 'table' || other.what === UNKNOWN)
      throw new DataError(`${shown}: cannot be read as an image; ${expected}`);
    const wayOut = other.read === undefined ? `: ${other.wayOut}` : '';
    throw new DataError(`${shown}: it is ${other.what}, not a picture; ${expected}${wayOut}`);
  }
  const decode = DECODERS.get(kind);
  if (decode === undefined)
    throw new DataError(`${shown}: ${kind} pictures are not supported; ${expected}: convert it`);
  try {
    return await decode(bytes, shown);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const why = printable(cause instanceof Error ? cause.message : String(cause));
    throw new DataError(`${shown}: the ${kind} picture is cut off or damaged (${why})`, { cause });
  }
}

type Decode = (bytes: Uint8Array, name: string) => Picture | Promise<Picture>;

const DECODERS: ReadonlyMap<PictureKind, Decode> = new Map<PictureKind, Decode>([
  ['JPEG', decodeJpeg],
  ['PNG', decodePng],
  ['BMP', (bytes) => decodeBmp(bytes, (width, height) => checkPixels(width, height, bytes))],
  ...(['WebP', 'GIF', 'TIFF'] as const).map((kind): [PictureKind, Decode] => [
    kind,
    (bytes, name) => decodeWithSharp(bytes, Math.floor(mostPixels(bytes)), name, kind),
  ]),
  ['AVIF', decodeAvif],
]);

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function decodeJpeg(bytes: Uint8Array): Picture {
  const options = { useTArray: true, formatAsRGBA: true, tolerantDecoding: false } as const;
  const { width, height, scans } = frameOf(bytes);
  checkPixels(width, height, bytes);
  if (width * height * scans > MOST_SCANNED) throw new Error(`it has ${scans} scans`);
  return upright(withoutAlpha(jpeg.decode(bufferOf(bytes), options)), orientationOf(bytes));
}

/** Sharp prints what it thinks of sizes that no picture has: boxes `ispe` of four bytes, width and height (ISO/IEC 23008-12). */
function decodeAvif(bytes: Uint8Array, name: string): Promise<Picture> {
  const file = bufferOf(bytes);
  for (let at = file.indexOf('ispe'); at >= 0 && at + 16 <= file.length; at = file.indexOf('ispe', at + 4))
    checkPixels(file.readUInt32BE(at + 8), file.readUInt32BE(at + 12), bytes);
  return decodeWithSharp(bytes, Math.floor(mostPixels(bytes)), name, 'AVIF');
}

function decodePng(bytes: Uint8Array): Picture {
  const file = bufferOf(bytes);
  checkPixels(file.readUInt32BE(16), file.readUInt32BE(20), bytes);
  requireWholePng(file);
  return upright(withoutAlpha(PNG.sync.read(file)), orientationOf(bytes));
}

function withoutAlpha({ width, height, data }: { width: number; height: number; data: Uint8Array }): Picture {
  const colours = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < colours.length; from += 4) {
    for (let c = 0; c < 3; c++) colours[to++] = data[from + c] as number;
  }
  return { width, height, channels: 3, data: colours };
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
