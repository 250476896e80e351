import { describe, expect, it } from 'vitest';
import {
  affineOf,
  applyPreprocess,
  fitPreprocess,
  lacksFit,
  PREPROCESS,
  type Preprocess,
  type PreprocessName,
  samePreprocess,
} from '../../src/data/preprocess.js';
import { PIXELS, someSplit } from './fixtures.js';

const STANDARDIZE = ['standardize', 'standardize-image', 'standardize-global'] as const;

describe('preprocessing', () => {
  const split = someSplit(5);
  const raw = split.images.subarray(PIXELS, 3 * PIXELS);

  it('mean: subtracts the mean of the training images, in 0..255, then divides by 255', () => {
    const p = fitPreprocess('mean', split);
    const at = (row: number, pixel: number): number => split.images[row * PIXELS + pixel] as number;
    const mean = [0, 1, 2, 3, 4].reduce((sum, row) => sum + at(row, 100), 0) / 5;
    expect(p.mean?.length).toBe(PIXELS);
    expect(p.mean?.[100]).toBeCloseTo(mean, 4);
    const out = new Float32Array(2 * PIXELS);
    applyPreprocess(p, raw, out);
    expect(out[100]).toBeCloseTo((at(1, 100) - mean) / 255, 6);
    expect(out[PIXELS + 100]).toBeCloseTo((at(2, 100) - mean) / 255, 6);
    const whole = new Float32Array(split.images.length);
    applyPreprocess(p, split.images, whole);
    expect(Math.abs(whole.reduce((a, b) => a + b, 0) / whole.length)).toBeLessThan(1e-6);
  });

  it('scale255 and none', () => {
    const out = new Float32Array(raw.length);
    applyPreprocess(fitPreprocess('scale255', split), raw, out);
    expect(out[9]).toBeCloseTo((raw[9] as number) / 255, 6);
    applyPreprocess(fitPreprocess('none', split), raw, out);
    expect(Array.from(out)).toEqual(Array.from(raw));
  });

  it('each is its formula, for every value', () => {
    const values = Uint8Array.from({ length: PIXELS }, (_, i) => i % 256);
    const mean = Float32Array.from({ length: PIXELS }, (_, i) => (i * 7) % 200);
    const std = Float32Array.from({ length: PIXELS }, (_, i) => 1 + (i % 50));
    const own = values.reduce((sum, x) => sum + x, 0) / PIXELS;
    const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - own) ** 2, 0) / PIXELS);
    const formulas: [Preprocess, (x: number, i: number) => number][] = [
      [{ name: 'mean', mean }, (x, i) => (x - (mean[i] as number)) / 255],
      [{ name: 'scale255' }, (x) => x / 255],
      [{ name: 'minus1to1' }, (x) => x / 127.5 - 1],
      [{ name: 'none' }, (x) => x],
      [{ name: 'standardize', mean, std }, (x, i) => (x - (mean[i] as number)) / (std[i] as number)],
      [{ name: 'standardize-image' }, (x) => (x - own) / spread],
      [
        { name: 'standardize-global', mean: Float32Array.of(99), std: Float32Array.of(55) },
        (x) => (x - 99) / 55,
      ],
    ];
    expect(formulas.map(([{ name }]) => name)).toEqual(PREPROCESS);
    for (const [preprocess, formula] of formulas) {
      const out = new Float32Array(PIXELS);
      applyPreprocess(preprocess, values, out);
      out.forEach((got, i) => void expect(got).toBeCloseTo(formula(values[i] as number, i), 5));
    }
  });

  it('of one tone a pixel makes three alike where the network takes colours', () => {
    const out = new Float32Array(12);
    applyPreprocess({ name: 'none' }, [1, 2, 3, 4], out, [2, 2, 1], 3);
    expect([...out]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
  });

  it('of colours takes the mean of each place from each of them', () => {
    const mean = Float32Array.of(1, 2);
    const out = new Float32Array(12);
    applyPreprocess({ name: 'mean', mean }, [255, 0, 51, 1, 2, 3, 9, 8, 7, 6, 5, 4], out, [1, 2, 3]);
    const wanted = [254, -1, 50, -1, 0, 1, 8, 7, 6, 4, 3, 2].map((value) => Math.fround(value / 255));
    expect([...out]).toEqual(wanted);
  });

  it('the mean is that of the training images, whatever their size; of none it is 0', () => {
    const small = { images: Uint8Array.of(1, 2, 3, 5, 9, 1), labels: Uint8Array.of(0, 1, 2) };
    expect(fitPreprocess('mean', small)).toEqual({ name: 'mean', mean: Float32Array.of(13 / 3, 8 / 3) });
    const none = { images: new Uint8Array(0), labels: new Uint8Array(0) };
    expect(fitPreprocess('mean', none)).toEqual({ name: 'mean', mean: new Float32Array(PIXELS) });
    for (const name of ['scale255', 'minus1to1', 'none'] as const)
      expect(fitPreprocess(name, small)).toEqual({ name });
  });

  it('standardizes training images to a mean of 0 and a deviation of 1, each in its way', () => {
    const moments = (x: ArrayLike<number>): [number, number] => {
      const all = Array.from(x);
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      return [mean, Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length)];
    };
    const made = (name: PreprocessName): Float32Array => {
      const out = new Float32Array(split.images.length);
      applyPreprocess(fitPreprocess(name, split), split.images, out);
      return out;
    };
    const groups = [
      made('standardize').filter((_, i) => i % PIXELS === 100),
      made('standardize-image').subarray(3 * PIXELS, 4 * PIXELS),
      made('standardize-global'),
    ];
    for (const group of groups) {
      const [mean, deviation] = moments(group);
      expect(mean).toBeCloseTo(0, 5);
      expect(deviation).toBeCloseTo(1, 5);
    }
    const { mean, std } = fitPreprocess('standardize-global', split);
    const [all, spread] = moments(split.images);
    expect(mean).toEqual(Float32Array.of(all));
    expect(std).toEqual(Float32Array.of(spread));
  });

  it.each(STANDARDIZE)('%s of images without contrast is 0, not NaN', (name) => {
    const flat = { images: new Uint8Array(12).fill(90), labels: Uint8Array.of(0, 1, 2) };
    const out = new Float32Array(12).fill(9);
    applyPreprocess(fitPreprocess(name, flat), flat.images, out, [2, 2, 1]);
    expect([...out]).toEqual(new Array(12).fill(0));
    // Another value where training had none is told by its difference, in gray levels.
    if (name === 'standardize-image') return;
    applyPreprocess(fitPreprocess(name, flat), new Uint8Array(4).fill(93), out, [2, 2, 1]);
    expect([...out.subarray(0, 4)]).toEqual([3, 3, 3, 3]);
  });

  it('per image, the deviation is at least 1 / sqrt(values of the image), and colours share it', () => {
    const nearly = Float32Array.of(10, 10, 10, 10.1);
    const out = new Float32Array(12);
    applyPreprocess({ name: 'standardize-image' }, nearly, out, [2, 2, 1], 3);
    expect(out[11]).toBeCloseTo(0.075 / 0.5, 4);
    const colours = [0, 60, 120, 30, 90, 150];
    applyPreprocess({ name: 'standardize-image' }, colours, out, [1, 2, 3]);
    const spread = Math.sqrt(colours.reduce((sum, x) => sum + (x - 75) ** 2, 0) / 6);
    colours.forEach((x, i) => void expect(out[i]).toBeCloseTo((x - 75) / spread, 5));
  });

  it('tells what is missing and what is the same', () => {
    expect(STANDARDIZE.map((name) => lacksFit({ name }))).toEqual([true, false, true]);
    const fitted = fitPreprocess('standardize', split);
    expect(lacksFit(fitted)).toBe(false);
    expect(samePreprocess(fitted, fitPreprocess('standardize', split))).toBe(true);
    expect(samePreprocess(fitted, { ...fitted, std: fitted.mean as Float32Array })).toBe(false);
    expect(samePreprocess({ name: 'none' }, { name: 'scale255' })).toBe(false);
  });

  it.each([
    ['standardize', PIXELS],
    ['standardize-global', 1],
  ] as const)('%s needs a mean and a deviation, each of its size', (name, size) => {
    const [mean, std] = [new Float32Array(size).fill(90), new Float32Array(size).fill(40)];
    expect([{ mean }, { std }, { mean, std }].map((own) => lacksFit({ name, ...own }))).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => affineOf({ name, mean })).toThrow(`preprocess ${name}: a std of 0 pixels; expected ${size}`);
    expect(() => affineOf({ name, std })).toThrow(`preprocess ${name}: a mean of 0 pixels; expected ${size}`);
    const other = new Float32Array(size + 1);
    expect(() => affineOf({ name, mean, std: other })).toThrow(`a std of ${size + 1} pixels`);
    const alike = { mean: new Float32Array(PIXELS).fill(90), divisor: 40 };
    expect(affineOf({ name, mean, std })).toEqual(size === 1 ? alike : { mean, divisor: 1, divisors: std });
  });

  it('is an image and a divisor on the device', () => {
    expect(affineOf({ name: 'scale255' })).toEqual({ mean: undefined, divisor: 255 });
    expect(affineOf({ name: 'none' })).toEqual({ mean: undefined, divisor: 1 });
    expect(affineOf({ name: 'minus1to1' }, 2)).toEqual({
      mean: Float32Array.of(127.5, 127.5),
      divisor: 127.5,
    });
    expect(affineOf({ name: 'minus1to1' }).mean).toHaveLength(PIXELS);
    const mean = new Float32Array(PIXELS);
    expect(affineOf({ name: 'mean', mean })).toEqual({ mean, divisor: 255 });
    expect(() => affineOf({ name: 'mean', mean }, 4)).toThrow('2304 pixels; expected 4');
  });

  it('works in place and refuses what does not fit', () => {
    const values = Float32Array.from(raw);
    applyPreprocess({ name: 'scale255' }, values, values);
    expect(values[9]).toBeCloseTo((raw[9] as number) / 255, 6);
    expect(() => applyPreprocess({ name: 'none' }, raw, new Float32Array(5))).toThrow(RangeError);
    expect(() => applyPreprocess({ name: 'none' }, [1, 2, 3], new Float32Array(5))).toThrow(RangeError);
    const pair = [1, 2, 3, 4];
    expect(() => applyPreprocess({ name: 'none' }, pair, new Float32Array(3), [2, 2, 1])).toThrow(RangeError);
    expect(() => applyPreprocess({ name: 'none' }, pair, new Float32Array(4), [1, 3, 1])).toThrow(RangeError);
    expect(() => applyPreprocess({ name: 'none' }, pair, new Float32Array(11), [2, 2, 1], 3)).toThrow(
      RangeError,
    );
    expect(() => applyPreprocess({ name: 'mean' }, raw, values)).toThrow(/expected 2304/);
  });
});
