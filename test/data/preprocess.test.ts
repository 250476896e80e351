import { describe, expect, it } from 'vitest';
import { applyPreprocess, fitPreprocess } from '../../src/data/preprocess.js';
import { PIXELS, someSplit } from './fixtures.js';

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

  it('works in place and refuses what does not fit', () => {
    const values = Float32Array.from(raw);
    applyPreprocess({ name: 'scale255' }, values, values);
    expect(values[9]).toBeCloseTo((raw[9] as number) / 255, 6);
    expect(() => applyPreprocess({ name: 'none' }, raw, new Float32Array(5))).toThrow(RangeError);
    expect(() => applyPreprocess({ name: 'none' }, [1, 2, 3], new Float32Array(5))).toThrow(RangeError);
    expect(() => applyPreprocess({ name: 'mean' }, raw, values)).toThrow(/expected 2304/);
  });
});
