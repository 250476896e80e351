import { expect, it } from 'vitest';
import { isWholeJpeg } from '../../src/data/whole_jpeg.js';
import { jpg } from './fixtures.js';

/** A JPEG whose EXIF data holds a small one. */
function withThumbnail(): Buffer {
  const [whole, small] = [jpg(90), jpg(30, 8, 8)];
  const length = Buffer.alloc(2);
  length.writeUInt16BE(small.length + 8);
  const exif = Buffer.concat([Buffer.from('ffe1', 'hex'), length, Buffer.from('Exif\0\0'), small]);
  return Buffer.concat([whole.subarray(0, 2), exif, whole.subarray(2)]);
}

it('a JPEG is whole with its end, wherever it is cut off', () => {
  for (const whole of [jpg(90), jpg(3, 300, 200), withThumbnail()]) {
    expect(isWholeJpeg(whole)).toBe(true);
    expect(isWholeJpeg(Buffer.concat([whole, Buffer.from('what cameras add')]))).toBe(true);
    for (let length = 0; length < whole.length; length++) {
      expect(isWholeJpeg(whole.subarray(0, length)), `${length} of ${whole.length} bytes`).toBe(false);
    }
  }
});

it('stuffed bytes, restart markers, fill bytes and further scans are no end', () => {
  const scan = 'ffda0002' + '11ff0011ffd011ffd711' + 'ffffda0002' + '1122';
  const image = (hex: string): Buffer => Buffer.from(`ffd8ffc400031a${hex}`, 'hex');
  expect(isWholeJpeg(image(`${scan}ffd9`))).toBe(true);
  expect(isWholeJpeg(image(scan))).toBe(false);
  expect(isWholeJpeg(image(`00${scan}ffd9`))).toBe(false); // no marker where one must be
});
