import { describe, expect, it } from 'vitest';
import { DEFAULT_AUGMENT, NO_AUGMENT, parseAugment } from '../../src/data/augment.js';
import { UsageError } from '../../src/util/errors.js';

describe('parseAugment', () => {
  it('reads none, default and lists', () => {
    expect(parseAugment('none')).toEqual(NO_AUGMENT);
    expect(parseAugment('default')).toEqual(DEFAULT_AUGMENT);
    expect(DEFAULT_AUGMENT).toEqual({
      flip: true,
      rotation: 10,
      shift: 0.1,
      zoom: 0.1,
      ...{ shear: 0, brightness: 0, gamma: 0, contrast: 0, blur: 0, noise: 0, jpeg: 0, erase: 0, rate: 1 },
    });
    expect(parseAugment('flip, rotation=15,shift=.2,zoom=0.05,shear=5,brightness=0.3')).toEqual({
      ...NO_AUGMENT,
      ...{ flip: true, rotation: 15, shift: 0.2, zoom: 0.05, shear: 5, brightness: 0.3 },
    });
    expect(parseAugment('gamma=1.5,contrast=0.4,blur=1.2,noise=20,jpeg=20,erase=0.3,rate=.5')).toEqual({
      ...NO_AUGMENT,
      ...{ gamma: 1.5, contrast: 0.4, blur: 1.2, noise: 20, jpeg: 20, erase: 0.3, rate: 0.5 },
    });
  });

  it('takes both ends of every range', () => {
    const top = {
      ...{ rotation: 180, shift: 0.5, zoom: 0.9, shear: 60, brightness: 1 },
      ...{ gamma: 4, contrast: 1, blur: 2, noise: 100, jpeg: 100, erase: 0.9, rate: 1 },
    };
    for (const [name, value] of Object.entries(top)) {
      expect(parseAugment(`${name}=${value}`)).toEqual({ ...NO_AUGMENT, [name]: value });
      expect(parseAugment(`${name}=0`)).toEqual({ ...NO_AUGMENT, [name]: 0 });
      expect(() => parseAugment(`${name}=${value * 1.01}`)).toThrow(UsageError);
    }
    expect(NO_AUGMENT).toEqual({
      ...{ flip: false, rotation: 0, shift: 0, zoom: 0, shear: 0, brightness: 0 },
      ...{ gamma: 0, contrast: 0, blur: 0, noise: 0, jpeg: 0, erase: 0, rate: 1 },
    });
  });

  it.each([
    'spin',
    'flips',
    'rotation',
    'rotation=',
    'rotation=abc',
    'rotation=-1',
    'rotation=181',
    'shift=0.6',
    'blur=2.1',
    'rate=2',
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
