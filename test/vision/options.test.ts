import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/util/errors.js';
import { searchScale } from '../../src/vision/detector.js';
import { VISION_DEFAULTS, type VisionSettings, visionOptions } from '../../src/vision/options.js';

describe('options', () => {
  const make = (change: Partial<VisionSettings>) =>
    visionOptions('demo', { ...VISION_DEFAULTS, ...change }, { pace: 'live' });

  it('reach the process each, under its name there', () => {
    const settings: VisionSettings = {
      ...{
        weights: ['w.h5'],
        foreign: { preprocess: 'none' },
        adapter: 'llvmpipe',
        maxFaces: 3,
        minFace: 77,
      },
      ...{
        scaleFactor: 1.3,
        neighbours: 9,
        detectScale: 0.6,
        cascade: 'c.xml',
        eyes: true,
        profile: true,
        margin: 0.25,
      },
      ...{ smoothing: 1.5, mirror: true, reconnect: 2, maxFrames: 12, record: 'r.mp4', snapshots: 's' },
      ...{ normalise: 'none', align: 'auto', roi: '1,2,30,40', every: 3, csv: 'c.csv', detector: 'haar' },
      tta: 'flip',
    };
    expect(visionOptions('3', settings, { pace: 'ordered', out: { file: 'o.png' } })).toEqual({
      source: { kind: 'camera', index: 3, device: '/dev/video3' },
      ...{
        weights: ['w.h5'],
        foreign: { preprocess: 'none' },
        adapter: 'llvmpipe',
        maxFaces: 3,
        margin: 0.25,
      },
      ...{ smoothing: 1.5, mirror: true, reconnect: 2, maxFrames: 12, record: 'r.mp4', snapshots: 's' },
      ...{ region: { x: 1, y: 2, width: 30, height: 40 }, normalise: 'none', every: 3, csv: 'c.csv' },
      tta: 'flip',
      align: 'auto',
      detector: {
        kind: 'haar',
        ...{
          cascade: 'c.xml',
          eyes: true,
          profile: true,
          minFace: 77,
          scaleFactor: 1.3,
          neighbours: 9,
          scale: 0.6,
        },
      },
      ...{ pace: 'ordered', out: { file: 'o.png' } },
    });
    expect(make({})).not.toHaveProperty('foreign');
    expect(visionOptions({ kind: 'video', path: 'x' }, settings, { pace: 'live' }).source).toEqual({
      ...{ kind: 'video', path: 'x' },
    });
  });

  it('of YuNet reach the process, and those of the other detector are refused', () => {
    const yunet = { detector: 'yunet', detectorModel: 'y.onnx' } as const;
    expect(make(yunet).detector).toMatchObject({ kind: 'yunet', model: 'y.onnx', minFace: 48 });
    expect(() => make({ ...yunet, cascade: 'c.xml' })).toThrow(
      '--cascade: only --detector haar has cascades',
    );
    expect(() => make({ ...yunet, eyes: true })).toThrow('--eyes: only --detector haar has cascades');
    expect(() => make({ ...yunet, profile: true })).toThrow('--profile: only --detector haar');
    expect(() => make({ detectorModel: 'y.onnx' })).toThrow('--detector-model y.onnx: only --detector yunet');
  });

  it('have the defaults that were measured', () => {
    expect(make({})).toMatchObject({
      ...{
        source: { kind: 'demo' },
        every: 1,
        normalise: 'auto',
        tta: 'none',
        align: 'none',
        margin: -0.05,
        smoothing: 0.4,
        mirror: false,
        pace: 'live',
      },
      detector: {
        kind: 'haar',
        eyes: false,
        profile: false,
        minFace: 48,
        scaleFactor: 1.1,
        neighbours: 4,
        scale: 0,
      },
    });
  });

  it.each([
    ['maxFaces', '--max-faces', 1, 1000, true],
    ['every', '--every', 1, 1e6, true],
    ['minFace', '--min-face', 10, 10_000, true],
    ['scaleFactor', '--scale-factor', 1.01, 2, false],
    ['neighbours', '--neighbours', 0, 100, true],
    ['detectScale', '--detect-scale', 0, 1, false],
    ['margin', '--margin', -0.4, 2, false],
    ['smoothing', '--smoothing', 0, 60, false],
    ['reconnect', '--reconnect', 0, 1000, true],
    ['maxFrames', '--max-frames', 1, 1e9, true],
  ] as const)('%s: %s from %d to %d', (key, flag, low, high, whole) => {
    const words = `${flag} VALUE: expected a ${whole ? 'whole ' : ''}number from ${low} to ${high}`;
    for (const value of [low, high]) expect(() => make({ [key]: value })).not.toThrow();
    const part = low + (high - low) / 7;
    if (!whole) expect(() => make({ [key]: part })).not.toThrow();
    for (const value of [low - 0.001, high + 0.001, Number.NaN, ...(whole ? [low + 0.5] : [])]) {
      expect(() => make({ [key]: value })).toThrow(UsageError);
      expect(() => make({ [key]: value })).toThrow(words.replace('VALUE', String(value)));
    }
  });

  it('frames are shrunk so that the smallest face still fills the cascade', () => {
    expect(searchScale({ scale: 0, minFace: 64 })).toBe(0.5);
    expect(searchScale({ scale: 0, minFace: 24 })).toBe(1);
    expect(searchScale({ scale: 0.7, minFace: 64 })).toBe(0.7);
  });
});
