import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/image.js';
import { pictureKind } from '../../src/data/picture_kind.js';
import { needs } from '../helpers/needs.js';
import { bgr, bmp, COLOURS, type Colours, HEIGHT, pixels, WIDTH } from './quarters.js';

/** The colours in the middle of the quarters of a picture, and its size. */
async function quarters(bytes: Uint8Array) {
  const { width, height, channels, data } = await decodePicture(bytes, 'named.jpg');
  const at = (x: number, y: number) => {
    const pixel = channels * (y * width + x);
    return [...data.subarray(pixel, pixel + 3)];
  };
  const [left, right, top, bottom] = [width >> 2, width - (width >> 2), height >> 2, height - (height >> 2)];
  return {
    size: [width, height],
    colours: [at(left, top), at(right, top), at(left, bottom), at(right, bottom)],
  };
}

const far = (a: readonly number[][], b: readonly (readonly number[])[]) =>
  Math.max(...a.flat().map((value, i) => Math.abs(value - (b.flat()[i] ?? 0))));

const { default: sharp } = needs.sharp.skip ? { default: undefined as never } : await import('sharp');

describe('pictures of other kinds, by content', needs.sharp, () => {
  const source = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

  it.each([
    ['WebP', () => source().webp({ lossless: true }).toBuffer(), 0],
    ['WebP', () => source().webp().toBuffer(), 12],
    ['GIF', () => source().gif().toBuffer(), 2],
    ['TIFF', () => source().tiff({ compression: 'lzw' }).toBuffer(), 0],
    ['TIFF', () => source().toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer(), 1],
    ['AVIF', () => source().avif({ quality: 90 }).toBuffer(), 12],
  ] as const)('%s', async (kind, encode, most) => {
    const bytes = await encode();
    expect(pictureKind(bytes)).toBe(kind);
    const { size, colours } = await quarters(bytes);
    expect(size).toEqual([WIDTH, HEIGHT]);
    expect(far(colours, COLOURS)).toBeLessThanOrEqual(most);
  });

  it('has the first frame of several', async () => {
    const second = Buffer.alloc(pixels.length, 128);
    const both = { raw: { width: WIDTH, height: 2 * HEIGHT, channels: 3, pageHeight: HEIGHT } } as const;
    const bytes = await sharp(Buffer.concat([pixels, second]), both)
      .gif({ loop: 0 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const { size, colours } = await quarters(bytes);
    expect(size).toEqual([WIDTH, HEIGHT]);
    expect(far(colours, COLOURS)).toBeLessThanOrEqual(2);
  });

  it('is gray in, three equal colours out; alpha is ignored', async () => {
    const gray = await sharp(Buffer.alloc(100, 77), { raw: { width: 10, height: 10, channels: 1 } })
      .webp({ lossless: true })
      .toBuffer();
    expect(new Set((await decodePicture(gray, 'a')).data)).toEqual(new Set([77]));
    const clear = await source().ensureAlpha(0.5).webp({ lossless: true }).toBuffer();
    expect(far((await quarters(clear)).colours, COLOURS)).toBe(0);
  });

  it('is turned upright as its EXIF data says', async () => {
    const bytes = await source().withMetadata({ orientation: 6 }).webp({ lossless: true }).toBuffer();
    const { size, colours } = await quarters(bytes);
    expect(size).toEqual([HEIGHT, WIDTH]);
    const [red, green, blue, white] = COLOURS;
    expect(far(colours, [blue, red, white, green])).toBe(0);
  });

  it.each(['webp', 'gif', 'tiff', 'avif'] as const)('is an error where it is cut off: %s', async (format) => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    await expect(decodePicture(bytes.subarray(0, bytes.length / 2), 'a')).rejects.toThrow('a: the');
  });
});

describe('BMP', () => {
  const bgra = (colours: Colours) => Buffer.from(colours.flatMap(([r = 0, g = 0, b = 0]) => [b, g, r, 9]));
  const rgba = (colours: Colours) => Buffer.from(colours.flatMap(([r = 0, g = 0, b = 0]) => [9, r, g, b]));
  const words = (colours: Colours, pack: (r: number, g: number, b: number) => number) =>
    Buffer.from(Uint16Array.from(colours, ([r = 0, g = 0, b = 0]) => pack(r, g, b)).buffer);
  const indices = (colours: Colours) =>
    colours.map((colour) => COLOURS.indexOf(colour as (typeof COLOURS)[number]));
  const nibbles = (colours: Colours) => {
    const all = indices(colours);
    return Buffer.from(
      Array.from({ length: WIDTH / 2 }, (_, i) => ((all[2 * i] ?? 0) << 4) | (all[2 * i + 1] ?? 0)),
    );
  };

  it.each([
    ['24 bits', bmp({ bits: 24, row: bgr }), 0],
    ['from the top', bmp({ bits: 24, top: true, row: bgr }), 0],
    ['OS/2', bmp({ bits: 24, header: 12, row: bgr }), 0],
    ['32 bits', bmp({ bits: 32, row: bgra }), 0],
    [
      'masks in a large header',
      bmp({ bits: 32, header: 124, masks: [0xff00, 0xff0000, 0xff000000], row: rgba }),
      0,
    ],
    [
      '16 bits',
      bmp({ bits: 16, row: (c) => words(c, (r, g, b) => ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3)) }),
      8,
    ],
    [
      '5, 6 and 5 bits',
      bmp({
        bits: 16,
        masks: [0xf800, 0x7e0, 0x1f],
        row: (c) => words(c, (r, g, b) => ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3)),
      }),
      8,
    ],
    ['8 bits', bmp({ bits: 8, palette: COLOURS, row: (c) => Buffer.from(indices(c)) }), 0],
    ['4 bits', bmp({ bits: 4, palette: COLOURS, row: nibbles }), 0],
  ] as const)('is read: %s', async (_, bytes, most) => {
    const { size, colours } = await quarters(bytes);
    expect(size).toEqual([WIDTH, HEIGHT]);
    expect(far(colours, COLOURS)).toBeLessThanOrEqual(most);
  });

  it('of one bit has two colours', async () => {
    const bytes = bmp({
      bits: 1,
      palette: [
        [1, 2, 3],
        [200, 210, 220],
      ],
      row: () => Buffer.from([0b10000000, 0, 0, 0, 1]),
    });
    const { data } = await decodePicture(bytes, 'a');
    expect([...data.subarray(0, 6), ...data.subarray(39 * 3, 40 * 3)]).toEqual([
      200, 210, 220, 1, 2, 3, 200, 210, 220,
    ]);
  });

  const whole = bmp({ bits: 24, row: bgr });
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  it.each([
    ['cut off', whole.subarray(0, whole.length - 1), 'the file is cut off'],
    ['only a header', whole.subarray(0, 20), 'Offset is outside'],
    ['compressed', changed((b) => void b.writeUInt32LE(1, 30)), 'compressed pixels, method 1'],
    [
      'of no size',
      changed((b) => void b.writeInt32LE(0, 18)),
      'it claims 0 x 20 pixels; expected at least 1 x 1',
    ],
    ['of a huge size', changed((b) => void b.writeInt32LE(2 ** 30, 18)), 'the file is cut off'],
    ['of 7 bits', changed((b) => void b.writeUInt16LE(7, 28)), '7 bits for a pixel'],
    [
      'without its palette',
      bmp({ bits: 8, row: (c) => Buffer.from(indices(c)) }),
      'colour 0 is not in the palette',
    ],
  ])('is an error: %s', async (_, bytes, why) => {
    await expect(decodePicture(bytes, 'x.bmp')).rejects.toThrow(
      `x.bmp: the BMP picture is cut off or damaged (${why}`,
    );
  });
});
