import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { type AugmentOptions, drawChange, NO_AUGMENT, warpImage } from '../../src/data/augment.js';
import { photograph } from '../../src/data/photograph.js';
import type { ImageShape } from '../../src/data/types.js';
import { pickImages } from '../../src/reference/batch_images.js';
import { type CameraDraw, NO_CAMERA } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';
import { PIXELS, someSplit } from './fixtures.js';

/** A smooth picture with an edge, gray levels 0 to 255. */
function picture([height, width, channels]: ImageShape): Float32Array {
  return Float32Array.from({ length: height * width * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return Math.round(120 + 80 * Math.sin(x / 3 + (i % channels)) * Math.cos(y / 4) + (x > y ? 40 : 0));
  });
}

function photographed(image: Float32Array, camera: Partial<CameraDraw>, shape: ImageShape): Float32Array {
  const out = image.slice();
  photograph(out, { ...NO_CAMERA, ...camera }, shape);
  return out;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: ArrayLike<number>): number => {
  const middle = mean(values);
  return Math.sqrt(mean(Array.from(values, (v) => (v - middle) ** 2)));
};

describe('light and camera', () => {
  it('change gray levels by hand: gamma, then contrast about 127.5, within 0 to 255', () => {
    const levels = Float32Array.of(0, 51, 127.5, 204, 255);
    const rounded = (camera: Partial<CameraDraw>): number[] =>
      Array.from(photographed(levels, camera, [1, 5, 1]), (v) => Math.round(v * 100) / 100);
    expect(rounded({ gamma: 2 })).toEqual([0, 10.2, 63.75, 163.2, 255]);
    expect(rounded({ contrast: 0.5 })).toEqual([63.75, 89.25, 127.5, 165.75, 191.25]);
    expect(rounded({ contrast: 2 })).toEqual([0, 0, 127.5, 255, 255]);
    expect(rounded({ gamma: 2, contrast: 2 })).toEqual([0, 0, 0, 198.9, 255]);
    expect(rounded({})).toEqual([0, 51, 127.5, 204, 255]);
  });

  it.each([
    [{ gamma: 0.4, contrast: 1.3 }, [7, 9, 3]],
    [{ blur: 0.4 }, [9, 12, 1]],
    [{ blur: 2 }, [9, 5, 3]],
    [{ noise: 20, grain: 77 }, [10, 11, 3]],
    [{ quality: 20 }, [17, 12, 1]],
    [{ quality: 85 }, [8, 9, 3]],
    [{ contrast: 0.7, blur: 1.1, noise: 6, grain: 2 ** 32 - 1, quality: 30 }, [16, 20, 1]],
  ] as const)('%j are those of the float64 reference', (effects, shape) => {
    const [h, w, stored] = shape;
    const image = picture(shape);
    const camera = { ...NO_CAMERA, ...effects };
    const plain = { image: 0, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
    const options = { h, w, stored, channels: stored, divisor: 1 };
    const want = pickImages(Uint8Array.from(image), [{ ...plain, camera }], options);
    const got = photographed(image, camera, shape);
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 3);
  });

  it('a blur keeps the mean of a spot in the middle, and spreads it by its standard deviation', () => {
    const spot = new Float32Array(31 * 31);
    spot[15 * 31 + 15] = 255;
    const out = photographed(spot, { blur: 1.5 }, [31, 31, 1]);
    const total = out.reduce((a, b) => a + b);
    expect(total).toBeCloseTo(255, 2);
    const spread = out.reduce((sum, v, i) => sum + v * ((i % 31) - 15) ** 2, 0) / total;
    expect(Math.sqrt(spread)).toBeCloseTo(1.5, 1);
  });

  it('noise has its standard deviation, is nearly normal, and other for each grain, pixel and channel', () => {
    const shape = [100, 100, 3] as const;
    const gray = new Float32Array(30_000).fill(128);
    const noiseOf = (grain: number) => photographed(gray, { noise: 20, grain }, shape).map((v) => v - 128);
    const first = noiseOf(1);
    expect(Math.abs(mean(first))).toBeLessThan(0.5);
    expect(Math.abs(deviation(first) - 20)).toBeLessThan(0.4);
    const within = (limit: number): number => mean(first.map((v) => Number(Math.abs(v) < limit * 20)));
    expect(within(1)).toBeCloseTo(0.683, 1);
    expect(within(2)).toBeCloseTo(0.954, 1);
    const correlation = (a: Float32Array, b: Float32Array): number =>
      mean(a.map((v, i) => v * (b[i] ?? Number.NaN))) / 400;
    expect(Math.abs(correlation(first, noiseOf(2)))).toBeLessThan(0.03);
    for (const lag of [1, 3, 300]) {
      const [a, b] = [first.subarray(lag), first.subarray(0, first.length - lag)];
      expect(Math.abs(correlation(a, b))).toBeLessThan(0.03);
    }
    expect(noiseOf(1)).toEqual(first);
  });

  it.each([10, 20, 50, 75, 95])('quality %i leaves what a JPEG encoder leaves', (quality) => {
    const [height, width] = [48, 48];
    const image = picture([height, width, 1]);
    const rgba = Buffer.alloc(4 * PIXELS, 255);
    for (const [i, v] of image.entries()) rgba.fill(v, 4 * i, 4 * i + 3);
    const file = jpeg.encode({ width, height, data: rgba }, quality).data;
    const { data } = jpeg.decode(file, { useTArray: true });
    const want = Float32Array.from(image, (_, i) => data[4 * i] as number);
    const got = photographed(image, { quality }, [height, width, 1]);
    // The file rounds to whole gray levels, and a few coefficients next to a tie the other way.
    expect(deviation(got.map((v, i) => v - (want[i] as number)))).toBeLessThan(1);
    // What both lost is far more than that, but for the best quality.
    if (quality < 90) expect(deviation(got.map((v, i) => v - (image[i] as number)))).toBeGreaterThan(1.5);
  });
});

describe('a random change of light and camera', () => {
  const all: AugmentOptions = {
    ...NO_AUGMENT,
    ...{ gamma: 1.5, contrast: 0.4, blur: 1.2, noise: 20, jpeg: 30 },
  };
  const camerasOf = (options: Partial<AugmentOptions>): CameraDraw[] =>
    Array.from({ length: 2000 }, (_, seed) => {
      const { camera } = drawChange(0, { ...all, ...options }, new Rng(seed));
      if (camera === undefined) throw new Error('no camera');
      return camera;
    });
  const ends = (cameras: readonly CameraDraw[], name: keyof CameraDraw): number[] => {
    const values = cameras.map((camera) => camera[name]);
    return [Math.min(...values), Math.max(...values)];
  };

  it('reaches both ends of every range', () => {
    const cameras = camerasOf({});
    for (const [name, low, high] of [
      ['gamma', 0.4, 2.5],
      ['contrast', 0.6, 1.4],
      ['blur', 0, 1.2],
      ['noise', 0, 20],
      ['quality', 30, 100],
      ['grain', 0, 2 ** 32],
    ] as const) {
      const [least = Number.NaN, most = Number.NaN] = ends(cameras, name);
      expect(Math.abs(least - low), name).toBeLessThan(0.01 * (high - low));
      expect(Math.abs(most - high), name).toBeLessThan(0.01 * (high - low));
    }
    // Lighter and darker are as likely.
    expect(mean(cameras.map(({ gamma }) => Number(gamma < 1)))).toBeCloseTo(0.5, 1);
  });

  it('happens to a share of the images, effect by effect', () => {
    const cameras = camerasOf({ rate: 0.3 });
    const untouched = cameras.filter(
      ({ gamma, contrast, blur, noise, quality }) =>
        gamma === 1 && contrast === 1 && blur === 0 && noise === 0 && quality === 0,
    );
    for (const name of ['gamma', 'contrast', 'blur', 'noise', 'quality'] as const) {
      const share = mean(cameras.map((camera) => Number(camera[name] !== NO_CAMERA[name])));
      expect(Math.abs(share - 0.3), name).toBeLessThan(0.04);
    }
    expect(Math.abs(untouched.length / 2000 - 0.7 ** 5)).toBeLessThan(0.04);
  });

  it('draws the same numbers for the others when one is off, and the same warp', () => {
    const options = { ...all, ...{ flip: true, rotation: 20, shift: 0.1, brightness: 0.2 } };
    const { camera, ...warp } = drawChange(3, options, new Rng(5));
    const still = drawChange(3, { ...options, contrast: 0 }, new Rng(5));
    expect(still).toEqual({ ...warp, camera: { ...camera, contrast: 1 } });
    const { gamma, contrast, blur, noise, jpeg: quality } = NO_AUGMENT;
    const plain = { ...options, gamma, contrast, blur, noise, jpeg: quality };
    expect(drawChange(3, plain, new Rng(5))).toEqual(warp);
  });

  it('comes after the warp', () => {
    const { images } = someSplit(2);
    const draw = drawChange(1, { ...all, rotation: 20 }, new Rng(9));
    const { camera = NO_CAMERA, ...warp } = draw;
    const [once, twice] = [new Float32Array(PIXELS + 2), new Float32Array(PIXELS)];
    warpImage(images, draw, once, 1);
    warpImage(images, warp, twice, 0);
    expect(once.subarray(1, PIXELS + 1)).not.toEqual(twice);
    photograph(twice, camera, [48, 48, 1]);
    expect(once.subarray(1, PIXELS + 1)).toEqual(twice);
    expect([once[0], once.at(-1)]).toEqual([0, 0]);
  });
});
