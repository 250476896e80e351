import { expect, it } from 'vitest';
import { inColor, type Picture, toGray } from '../../src/util/picture.js';

const gray: Picture = { width: 3, height: 1, channels: 1, data: Uint8Array.of(7, 0, 255) };
const color: Picture = { width: 1, height: 2, channels: 3, data: Uint8Array.of(200, 10, 30, 0, 0, 6) };

it('gray becomes three equal channels; a color picture becomes a copy', () => {
  expect(inColor(gray)).toEqual({
    ...gray,
    channels: 3,
    data: Uint8Array.of(7, 7, 7, 0, 0, 0, 255, 255, 255),
  });
  const copy = inColor(color);
  expect(copy).toEqual(color);
  copy.data[0] = 1;
  expect(color.data[0]).toBe(200);
});

it('color becomes its luma by BT.601, rounded; a gray picture stays as it is', () => {
  // 0.299 * 200 + 0.587 * 10 + 0.114 * 30 = 69.09 and 0.114 * 6 = 0.684
  expect(toGray(color)).toEqual({ width: 1, height: 2, channels: 1, data: Uint8Array.of(69, 1) });
  expect(toGray(gray).data).toBe(gray.data);
});
