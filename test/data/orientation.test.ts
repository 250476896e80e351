import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/image.js';
import { orientationOf, upright } from '../../src/data/orientation.js';
import { encodePng, writePicture } from '../../src/util/picture_file.js';
import { folderWith } from './fixtures.js';

/** A TIFF structure with one tag, in one of the two byte orders. */
function tiff(orientation: number, little: boolean): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.write(little ? 'II' : 'MM', 'latin1');
  const u16 = (value: number, at: number) =>
    little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  u16(42, 2);
  u32(8, 4); // where the directory begins
  u16(1, 8); // one entry
  u16(0x0112, 10);
  u16(3, 12); // a short
  u32(1, 14);
  u16(orientation, 18);
  return bytes;
}

const inJpeg = (jpeg: Uint8Array, data: Buffer): Buffer => {
  const head = Buffer.from('\xff\xe1\0\0Exif\0\0', 'latin1');
  head.writeUInt16BE(data.length + 8, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
};

const inPng = (png: Uint8Array, data: Buffer): Buffer => {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('eXIf'), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  const headerEnd = 8 + 25;
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]);
};

/** A gray picture of 3 x 2: 1 2 3 above 4 5 6. */
const stored = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;

/** What each orientation means: the picture as it is seen, row by row (Exif 2.32, 4.6.4). */
const SEEN: readonly (readonly [orientation: number, rows: number[][]])[] = [
  [
    1,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    2,
    [
      [3, 2, 1],
      [6, 5, 4],
    ],
  ],
  [
    3,
    [
      [6, 5, 4],
      [3, 2, 1],
    ],
  ],
  [
    4,
    [
      [4, 5, 6],
      [1, 2, 3],
    ],
  ],
  [
    5,
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  [
    6,
    [
      [4, 1],
      [5, 2],
      [6, 3],
    ],
  ],
  [
    7,
    [
      [6, 3],
      [5, 2],
      [4, 1],
    ],
  ],
  [
    8,
    [
      [3, 6],
      [2, 5],
      [1, 4],
    ],
  ],
];

describe('the orientation of a picture', () => {
  it.each(SEEN)('%i is undone', (orientation, rows) => {
    const { width, height, data } = upright(stored, orientation);
    expect({ width, height, data: [...data] }).toEqual({
      ...{ width: rows[0]?.length, height: rows.length, data: rows.flat() },
    });
  });

  it('is read from JPEG and PNG, in both byte orders, and undone when they are decoded', async () => {
    const data = Uint8Array.from({ length: 48 }, (_, i) => i * 5);
    const picture = { width: 8, height: 6, channels: 1, data } as const;
    const path = join(folderWith({}), 'a.jpg');
    writePicture(path, picture);
    const files = [readFileSync(path), encodePng(picture)];
    for (const [i, file] of files.entries()) {
      const plain = await decodePicture(file, 'plain');
      expect([plain.width, plain.height, orientationOf(file)]).toEqual([8, 6, 1]);
      for (const little of [true, false]) {
        for (const [orientation] of SEEN) {
          const turned = (i === 0 ? inJpeg : inPng)(file, tiff(orientation, little));
          expect(orientationOf(turned)).toBe(orientation);
          expect(await decodePicture(turned, 'turned')).toEqual(upright(plain, orientation));
        }
      }
    }
  });

  it('is upright where the EXIF data is damaged or says nothing sensible', () => {
    const jpeg = Buffer.from('\xff\xd8\xff\xda', 'latin1');
    expect(orientationOf(inJpeg(jpeg, tiff(0, true)))).toBe(1);
    expect(orientationOf(inJpeg(jpeg, tiff(9, false)))).toBe(1);
    expect(orientationOf(jpeg)).toBe(1);
    const whole = inJpeg(jpeg, tiff(6, true));
    for (let length = 2; length < whole.length - 8; length++)
      expect(orientationOf(whole.subarray(0, length))).toBe(1);
    const far = tiff(6, true);
    far.writeUInt32LE(0x7fffffff, 4);
    expect(orientationOf(inJpeg(jpeg, far))).toBe(1);
    expect(orientationOf(new Uint8Array(0))).toBe(1);
  });
});
