import { describe, expect, it } from 'vitest';
import type { Picture } from '../../src/util/picture.js';
import { Rng } from '../../src/util/random.js';
import { resample } from '../../src/util/resample.js';

function noise(width: number, height: number, channels: 1 | 3): Picture {
  const rng = new Rng(width * 100 + height);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => rng.int(256)),
  };
}

/** The value of a picture at a pixel, the edge repeated. */
function at({ width, height, channels, data }: Picture, x: number, y: number, c: number): number {
  const [i, j] = [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))];
  return data[(j * width + i) * channels + c] as number;
}

/** How far an input pixel (a unit interval at `x`) lies inside of an output pixel, as a share of the output pixel. */
const overlap = (x: number, i: number, scale: number): number =>
  Math.max(0, Math.min(x + 1, (i + 1) * scale) - Math.max(x, i * scale)) / scale;
/** The triangle of linear interpolation, around the centre of an output pixel. */
const triangle = (x: number, i: number, scale: number): number =>
  Math.max(0, 1 - Math.abs((i + 0.5) * scale - 0.5 - x));
/** 1 for the input pixel that contains the centre of an output pixel. */
const centre = (x: number, i: number, scale: number): number =>
  Number(x <= (i + 0.5) * scale && (i + 0.5) * scale < x + 1);

/** The resized picture as the sum over all input pixels, one beyond each edge included. */
function wanted(picture: Picture, width: number, height: number, enlarge: 'bilinear' | 'nearest'): number[] {
  const kind = (from: number, to: number) =>
    to < from ? overlap : enlarge === 'nearest' ? centre : triangle;
  const [kx, ky] = [kind(picture.width, width), kind(picture.height, height)];
  const [sx, sy] = [picture.width / width, picture.height / height];
  const values: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < picture.channels; c++) {
        let sum = 0;
        for (let j = -1; j <= picture.height; j++)
          for (let i = -1; i <= picture.width; i++) sum += kx(i, x, sx) * ky(j, y, sy) * at(picture, i, j, c);
        values.push(sum);
      }
  return values;
}

describe.each(['bilinear', 'nearest'] as const)('resample, enlarged %s', (enlarge) => {
  it.each([
    [7, 5, 3, 2, 3],
    [7, 5, 14, 15, 1],
    [5, 8, 9, 3, 3], // wider and lower
    [8, 5, 3, 11, 1], // narrower and taller
    [6, 6, 6, 4, 3], // the same width
    [1, 1, 3, 2, 3],
    [10, 1, 1, 1, 1],
  ] as const)('%d x %d to %d x %d, %d channels, is the weighted sum of the pixels', (w, h, width, height, channels) => {
    const picture = noise(w, h, channels);
    const got = resample(picture, width, height, enlarge);
    expect(got).toMatchObject({ width, height, channels });
    const want = wanted(picture, width, height, enlarge);
    expect(got.data).toHaveLength(want.length);
    // Half a level of rounding, and the float32 weights.
    for (const [i, value] of want.entries())
      expect(Math.abs((got.data[i] as number) - value)).toBeLessThan(0.501);
  });
});

it('a picture of the wanted size is returned itself', () => {
  const picture = noise(4, 3, 1);
  expect(resample(picture, 4, 3, 'bilinear')).toBe(picture);
});
