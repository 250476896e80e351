import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { decodeFace, decodePicture, fitPicture, resizeImages } from '../../src/data/image.js';
import { DataError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { jpg, PIXELS, png } from './fixtures.js';

const color = (width: number, height: number, at: (x: number, y: number) => readonly number[]): Picture => ({
  ...{ width, height, channels: 3 },
  data: Uint8Array.from({ length: width * height }, (_, i) => i).length
    ? Uint8Array.from(
        Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))).flat(),
      )
    : new Uint8Array(0),
});

describe('a decoded picture', () => {
  it('has the pixels of a PNG, row by row, without its alpha', async () => {
    const file = new PNG({ width: 3, height: 2 });
    file.data.set([1, 2, 3, 255, 4, 5, 6, 0, 7, 8, 9, 9, 10, 11, 12, 1, 13, 14, 15, 2, 16, 17, 18, 3]);
    const picture = await decodePicture(PNG.sync.write(file), 'a');
    expect(picture).toMatchObject({ width: 3, height: 2, channels: 3 });
    expect([...picture.data]).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  });

  it('has the colours of a JPEG, whatever the file is called', async () => {
    const data = Buffer.alloc(16 * 8 * 4);
    for (let i = 0; i < 16 * 8; i++) data.set(i % 16 < 8 ? [200, 30, 60, 255] : [20, 90, 250, 255], 4 * i);
    const {
      width,
      height,
      data: pixels,
    } = await decodePicture(jpeg.encode({ data, width: 16, height: 8 }, 100).data, 'b.png');
    expect([width, height]).toEqual([16, 8]);
    for (const [at, wanted] of [
      [0, [200, 30, 60]],
      [15, [20, 90, 250]],
      [7 * 16, [200, 30, 60]],
    ] as const) {
      for (const [c, tone] of wanted.entries())
        expect(Math.abs((pixels[at * 3 + c] ?? 0) - tone)).toBeLessThan(9);
    }
  });

  it('reads a part of a larger buffer', async () => {
    const whole = png([9, 8, 7], 2, 2);
    const padded = new Uint8Array(whole.length + 20).fill(3);
    padded.set(whole, 11);
    const { data } = await decodePicture(padded.subarray(11, 11 + whole.length), 'c');
    expect([...data.subarray(0, 3)]).toEqual([9, 8, 7]);
  });

  it.each([
    ['a JPEG that is cut off', jpg(9).subarray(0, 200), 'the JPEG picture is cut off or damaged'],
    ['a PNG that is cut off', png([1, 1, 1]).subarray(0, 60), 'the PNG picture is cut off or damaged'],
    ['a PNG of 16 bytes', png([1, 1, 1]).subarray(0, 16), 'the PNG picture is cut off or damaged'],
    ['a text', Buffer.from('no picture'), 'cannot be read as an image'],
    ['an empty file', Buffer.alloc(0), 'the file is empty'],
    ['a wrong start', Uint8Array.of(0, 0x50, 0x4e, 0x47), 'cannot be read as an image'],
  ])('is none: %s', async (_, bytes, why) => {
    const decoding = decodePicture(bytes, 'faces/d\x1b.png');
    await expect(decoding).rejects.toThrow(DataError);
    await expect(decoding).rejects.toThrow(`faces/d\\x1b.png: ${why}`);
  });

  it('is none for a PNG that claims any size', async () => {
    const bytes = Buffer.from(png([1, 1, 1]));
    bytes.writeUInt32BE(200_000, 16);
    bytes.writeUInt32BE(200_000, 20);
    await expect(decodePicture(bytes, 'a')).rejects.toThrow('it claims 40,000,000,000 pixels');
  });

  it.each([
    [0, 4],
    [4, 0],
    [0, 0],
  ])('is none for a size of %i x %i', async (width, height) => {
    const file = Buffer.from(png([1, 1, 1]));
    file.writeUInt32BE(width, 16);
    file.writeUInt32BE(height, 20);
    const photograph = Buffer.from(jpg(9));
    const frame = photograph.indexOf('\xff\xc0', 'latin1');
    photograph.writeUInt16BE(height, frame + 5);
    photograph.writeUInt16BE(width, frame + 7);
    for (const bytes of [file, photograph])
      await expect(decodePicture(bytes, 'a')).rejects.toThrow(
        `it claims ${width} x ${height} pixels; expected at least 1 x 1`,
      );
  });

  it('is none for an AVIF that claims any size', async () => {
    const bytes = Buffer.alloc(64);
    bytes.write('\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf', 'latin1');
    bytes.write('ispe', 36);
    bytes.writeUInt32BE(0x40000028, 44);
    bytes.writeUInt32BE(20, 48);
    await expect(decodePicture(bytes, 'a')).rejects.toThrow('it claims 21,474,837,280 pixels');
  });

  it('is none for a JPEG that claims more than its bytes can hold, or has no end of scans', async () => {
    const sized = (width: number, height: number): Buffer => {
      const bytes = Buffer.from(jpg(9));
      const frame = bytes.indexOf('\xff\xc0', 'latin1');
      bytes.writeUInt16BE(height, frame + 5);
      bytes.writeUInt16BE(width, frame + 7);
      return bytes;
    };
    await expect(decodePicture(sized(8000, 8000), 'a')).rejects.toThrow(
      'a: the JPEG picture is cut off or damaged (it claims 64,000,000 pixels; expected at most 21,333,333 in 0 MB)',
    );
    const scans = Buffer.from('ffda0002'.repeat(150), 'hex');
    const endless = Buffer.concat([sized(4000, 5000), scans]);
    await expect(decodePicture(endless, 'a')).rejects.toThrow('it has 151 scans');
  });

  it.each([
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['HEIC', '\0\0\0\x14ftypmif1\0\0\0\0heic'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n'],
    ['JPEG XL', '\0\0\0\x0cJXL \r\n'],
    ['PNM', 'P5\n48 48\n255\n'],
    ['Photoshop', '8BPS\0\x01'],
    ['SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])('of another kind is refused by its name: %s', async (kind, start) => {
    await expect(decodePicture(Buffer.from(start, 'latin1'), 'a.jpg')).rejects.toThrow(
      `a.jpg: ${kind} pictures are not supported; expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP: convert it`,
    );
  });

  it('is none for a film', async () => {
    const film = Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isommp42', 'latin1');
    await expect(decodePicture(film, 'a.jpg')).rejects.toThrow('cannot be read as an image');
  });
});

describe('a picture for a network', () => {
  it('is gray by BT.601, rounded', () => {
    const tones = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [10, 20, 30],
      [2, 0, 0],
      [255, 255, 255],
    ];
    const picture = color(6, 1, (x) => tones[x] as number[]);
    const wanted = tones.map(([r = 0, g = 0, b = 0]) => Math.round(0.299 * r + 0.587 * g + 0.114 * b));
    expect([...fitPicture(picture, [1, 6, 1])]).toEqual(wanted);
    expect([...fitPicture({ ...picture, channels: 1, width: 6, height: 3 }, [3, 6, 1])]).toEqual([
      ...picture.data,
    ]);
  });

  it('keeps its colours for a network that takes them, and a gray one has three alike', () => {
    const picture = color(2, 2, (x, y) => [10 * x, 20 * y, 100 + x]);
    expect([...fitPicture(picture, [2, 2, 3])]).toEqual([...picture.data]);
    const gray: Picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
    expect([...fitPicture(gray, [2, 2, 3])]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
  });

  it('is brought to height and width, averaged by area', async () => {
    const gray: Picture = {
      width: 4,
      height: 2,
      channels: 1,
      data: Uint8Array.of(0, 10, 100, 110, 20, 30, 120, 130),
    };
    expect([...fitPicture(gray, [1, 2, 1])]).toEqual([15, 115]);
    expect([...fitPicture(gray, [2, 1, 1])]).toEqual([55, 75]);
    const out = new Uint8Array(PIXELS);
    await decodeFace(png([0, 255, 0], 96, 24), 'e', out);
    expect(new Set(out)).toEqual(new Set([150]));
  });
});

describe('resized images', () => {
  const images = Uint8Array.of(...[0, 10, 100, 110, 20, 30, 120, 130], ...[7, 7, 9, 9, 7, 7, 9, 9]);

  it('are each resized by itself', () => {
    expect([...resizeImages(images, [2, 4], [1, 2])]).toEqual([15, 115, 7, 9]);
    expect([...resizeImages(images, [2, 4], [2, 1])]).toEqual([55, 75, 8, 8]);
  });

  it('are the same array where nothing changes', () => {
    expect(resizeImages(images, [2, 4], [2, 4])).toBe(images);
    expect(resizeImages(images, [4, 4], [4, 2])).toHaveLength(8);
    expect(resizeImages(images, [2, 4], [4, 4])).toHaveLength(32);
  });
});
