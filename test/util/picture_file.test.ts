import { PNG } from 'pngjs';
import { expect, it } from 'vitest';
import { inColor, type Picture } from '../../src/util/picture.js';
import { encodePng } from '../../src/util/picture_file.js';

const bytes = Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256);

it.each([1, 3] as const)('a PNG of %d channels keeps every pixel, also of a part of an array', (channels) => {
  const picture: Picture = { width: 5, height: 3, channels, data: bytes.subarray(7, 7 + 15 * channels) };
  const file = encodePng(picture);
  const { width, height, data } = PNG.sync.read(Buffer.from(file));
  expect([width, height, file[25]]).toEqual([5, 3, channels === 3 ? 2 : 0]); // byte 25: gray or RGB
  const rgb = [...data].filter((_, i) => i % 4 < 3);
  expect(rgb).toEqual([...inColor(picture).data]);
});
