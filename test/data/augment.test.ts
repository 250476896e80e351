import { describe, expect, it } from 'vitest';
import {
  type AugmentOptions,
  DEFAULT_AUGMENT,
  drawChange,
  NO_AUGMENT,
  parseAugment,
  warpImage,
} from '../../src/data/augment.js';
import { UsageError } from '../../src/util/errors.js';
import { Rng } from '../../src/util/random.js';
import { PIXELS, someSplit } from './fixtures.js';

const { images } = someSplit(3);
const second = Array.from(images.subarray(PIXELS, 2 * PIXELS));

/** The second image, changed. */
function augment(options: Partial<AugmentOptions>, seed = 1, source = images): number[] {
  const out = new Float32Array(PIXELS + 10).fill(-1);
  warpImage(source, drawChange(1, { ...NO_AUGMENT, ...options }, new Rng(seed)), out, 5);
  expect([...out.subarray(0, 5), ...out.subarray(PIXELS + 5)]).toEqual(Array(10).fill(-1));
  return Array.from(out.subarray(5, PIXELS + 5));
}

/** An image of tone(x, y) in second place. */
function drawn(tone: (x: number, y: number) => number): Uint8Array {
  const source = new Uint8Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++) source[PIXELS + i] = tone(i % 48, Math.floor(i / 48));
  return source;
}

describe('a random change', () => {
  it('changes nothing without options', () => {
    expect(augment({})).toEqual(second);
  });

  it('flips exactly, half of the time', () => {
    const mirrored = second.map((_, i) => second[i - (i % 48) + 47 - (i % 48)]);
    let flips = 0;
    for (let seed = 0; seed < 100; seed++) {
      const out = augment({ flip: true }, seed);
      const flipped = out[0] !== second[0];
      expect(out).toEqual(flipped ? mirrored : second);
      if (flipped) flips++;
    }
    expect(flips).toBeGreaterThan(30);
    expect(flips).toBeLessThan(70);
  });

  it('is the same for the same random numbers, and other for others', () => {
    expect(augment(DEFAULT_AUGMENT, 3)).toEqual(augment(DEFAULT_AUGMENT, 3));
    expect(augment(DEFAULT_AUGMENT, 3)).not.toEqual(augment(DEFAULT_AUGMENT, 4));
  });

  it('shifts by up to the fraction of the edge and repeats the edge pixels', () => {
    const ramp = drawn((x) => 5 * x);
    for (let seed = 0; seed < 50; seed++) {
      const out = augment({ shift: 0.1 }, seed, ramp);
      expect(Math.abs((out[24 * 48 + 24] as number) - 120)).toBeLessThanOrEqual(5 * 4.8 + 1e-3);
      expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...out)).toBeLessThanOrEqual(5 * 47);
    }
  });

  it('rotates about the middle of the image, bounded by the angle', () => {
    const ramp = drawn((x) => 5 * x);
    for (let seed = 0; seed < 50; seed++) {
      const out = augment({ rotation: 10 }, seed, ramp);
      // The gradient turns with the image: its y component is 5 sin(angle).
      const dy = (out[34 * 48 + 24] as number) - (out[14 * 48 + 24] as number);
      expect(Math.abs(dy / 20)).toBeLessThanOrEqual(5 * Math.sin((10 * Math.PI) / 180) + 1e-3);
      const middle = [23, 24].flatMap((y) => [23, 24].map((x) => out[y * 48 + x] as number));
      expect(middle.reduce((a, b) => a + b) / 4).toBeCloseTo(5 * 23.5, 1);
    }
  });

  it('zooms and shears about the middle', () => {
    const ramp = drawn((x) => 5 * x);
    for (let seed = 0; seed < 20; seed++) {
      const zoomed = augment({ zoom: 0.1 }, seed, ramp);
      const slope = ((zoomed[24 * 48 + 34] as number) - (zoomed[24 * 48 + 14] as number)) / 100;
      expect(slope).toBeGreaterThan(1 / 1.1 - 1e-3);
      expect(slope).toBeLessThan(1 / 0.9 + 1e-3);
      const sheared = augment({ shear: 10 }, seed, ramp);
      const lean = ((sheared[34 * 48 + 24] as number) - (sheared[14 * 48 + 24] as number)) / 100;
      expect(Math.abs(lean)).toBeLessThanOrEqual(Math.tan((10 * Math.PI) / 180) + 1e-3);
    }
  });

  it('brightness scales by one factor, clamped to 0..255', () => {
    const gray = drawn((x) => (x < 24 ? 100 : 250));
    const factors = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const out = augment({ brightness: 0.3 }, seed, gray);
      const factor = (out[0] as number) / 100;
      expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.3 + 1e-6);
      expect(out[47]).toBeCloseTo(Math.min(255, 250 * factor), 3);
      factors.add(Math.round(factor * 1000));
    }
    expect(factors.size).toBeGreaterThan(20);
  });
});

describe('parseAugment', () => {
  it('reads none, default and lists', () => {
    expect(parseAugment('none')).toEqual(NO_AUGMENT);
    expect(parseAugment('default')).toEqual(DEFAULT_AUGMENT);
    expect(DEFAULT_AUGMENT).toEqual({
      flip: true,
      rotation: 10,
      shift: 0.1,
      zoom: 0.1,
      shear: 0,
      brightness: 0,
    });
    expect(parseAugment('flip, rotation=15,shift=.2,zoom=0.05,shear=5,brightness=0.3')).toEqual({
      ...{ flip: true, rotation: 15, shift: 0.2, zoom: 0.05, shear: 5, brightness: 0.3 },
    });
  });

  it.each([
    'spin',
    'rotation',
    'rotation=',
    'rotation=abc',
    'rotation=-1',
    'rotation=181',
    'shift=0.6',
    'zoom=1=2',
    'flip=yes',
    'constructor=0',
    'Infinity=1',
    'zoom=NaN',
  ])('refuses "%s", with the words and ranges there are', (word) => {
    const act = () => parseAugment(`flip,${word}`);
    expect(act).toThrow(UsageError);
    for (const part of [`"${word}"`, 'none', 'default', 'flip', 'rotation=0..180', 'shift=0..0.5'])
      expect(act).toThrow(part);
  });

  it('refuses nothing at all', () => {
    expect(() => parseAugment('')).toThrow(UsageError);
    expect(() => parseAugment('flip,')).toThrow(UsageError);
  });
});
