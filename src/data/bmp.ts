import type { Picture } from '../util/picture.js';

/**
 * Decodes a BMP file to red, green and blue (Microsoft, "Bitmap Storage": BITMAPFILEHEADER, BITMAPCOREHEADER,
 * BITMAPINFOHEADER and its later versions): 1, 4 or 8 bits with a palette, 16, 24 or 32 bits, from the bottom or from the
 * top. Alpha is ignored. Throws Error for compressed and damaged ones.
 * @param check throws Error for a size that is not decoded
 */
export function decodeBmp(bytes: Uint8Array, check: (width: number, height: number) => void): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = view.getUint32(14, true);
  const core = header === CORE_HEADER;
  if (!core && header < INFO_HEADER) throw new Error(`a header of ${header} bytes`);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = core ? view.getInt16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const packing = core ? PLAIN : view.getUint32(30, true);
  const height = Math.abs(signed);
  if (packing !== PLAIN && packing !== MASKS) throw new Error(`compressed pixels, method ${packing}`);
  const stride = 4 * Math.ceil((width * bits) / 32);
  const pixels = view.getUint32(10, true);
  if (pixels + stride * height > bytes.length) throw new Error('the file is cut off');
  check(width, height);
  const colour =
    bits <= 8 ? palette(view, 14 + header, core ? 3 : 4, pixels) : direct(view, header, bits, packing);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = pixels + stride * (signed < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) data.set(colour(row, x, bits), (y * width + x) * 3);
  }
  return { width, height, channels: 3, data };
}

/** Sizes of the headers that tell their versions. */
const [CORE_HEADER, INFO_HEADER] = [12, 40];
/** How pixels are packed: not at all, or in bits that masks tell. */
const [PLAIN, MASKS] = [0, 3];

type Colour = readonly [red: number, green: number, blue: number];
/** Reads a pixel. @param row where its row begins */
type PixelReader = (row: number, x: number, bits: number) => Colour;

/** @param at where the palette begins @param size bytes of an entry: blue, green, red, and perhaps nothing @param end of it, at most */
function palette(view: DataView, at: number, size: number, end: number): PixelReader {
  const colours: Colour[] = [];
  for (let i = at; i + size <= end && colours.length < 256; i += size) {
    colours.push([view.getUint8(i + 2), view.getUint8(i + 1), view.getUint8(i)]);
  }
  return (row, x, bits) => {
    if (bits !== 1 && bits !== 4 && bits !== 8) throw new Error(`${bits} bits for a pixel`);
    const first = x * bits;
    const index = (view.getUint8(row + (first >> 3)) >> (8 - bits - (first & 7))) & ((1 << bits) - 1);
    const colour = colours[index];
    if (colour === undefined) throw new Error(`colour ${index} is not in the palette`);
    return colour;
  };
}

/** Colours in the pixels themselves. Each mask tells the bits of a colour. */
function direct(view: DataView, header: number, bits: number, packing: number): PixelReader {
  if (bits === 24) {
    return (row, x) => {
      const at = row + 3 * x;
      return [view.getUint8(at + 2), view.getUint8(at + 1), view.getUint8(at)];
    };
  }
  if (bits !== 16 && bits !== 32) throw new Error(`${bits} bits for a pixel`);
  const usual = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
  const masks =
    packing === MASKS ? [0, 1, 2].map((i) => view.getUint32(14 + INFO_HEADER + 4 * i, true)) : usual;
  const parts = masks.map((mask) => {
    const low = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { low, most: mask >>> low };
  });
  if (header < INFO_HEADER || parts.some(({ most }) => most === 0)) throw new Error('a mask without bits');
  return (row, x) => {
    const value = bits === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
    const [red = 0, green = 0, blue = 0] = parts.map(({ low, most }) =>
      Math.round((255 * ((value >>> low) & most)) / most),
    );
    return [red, green, blue];
  };
}
