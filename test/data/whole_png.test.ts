import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/image.js';
import { png } from './fixtures.js';

/** A PNG of 20 x 10 gray pixels of a bit depth, with these pixels. */
function pngOf(pixels: Buffer, { depth = 8, interlaced = 0 } = {}): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, check]);
  };
  const header = Buffer.from([0, 0, 0, 20, 0, 0, 0, 10, depth, 0, 0, 0, interlaced]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...[chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))],
  ]);
}

describe('a PNG whose pixels end early', () => {
  it.each([
    [10 * 21, { depth: 8 }],
    [10 * 4, { depth: 1 }],
    [10 * 41, { depth: 16 }],
    // The seven images have 3 x 2, 2 x 2, 5 x 1, 5 x 3, 10 x 2, 10 x 5 and 20 x 5 pixels.
    [2 * 4 + 2 * 3 + 6 + 3 * 6 + 2 * 11 + 5 * 11 + 5 * 21, { interlaced: 1 }],
  ])('is refused: of %d bytes one is missing (%j)', async (bytes, options) => {
    expect((await decodePicture(pngOf(Buffer.alloc(bytes), options), 'a.png')).width).toBe(20);
    for (const found of [0, Math.floor(bytes / 2), bytes - 1]) {
      await expect(decodePicture(pngOf(Buffer.alloc(found), options), 'a.png')).rejects.toThrow(
        `a.png: the PNG picture is cut off or damaged (its pixels end after ${found} of ${bytes} bytes)`,
      );
    }
  });

  it('is not one whose pixels are all there', async () => {
    expect((await decodePicture(png([7, 7, 7], 5, 3), 'a.png')).data.every((value) => value === 7)).toBe(
      true,
    );
  });
});
