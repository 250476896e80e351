import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/util/errors.js';
import { type Picture, toGray } from '../../src/util/picture.js';
import { searchScale } from '../../src/vision/detector.js';
import { type Box, bySize, grow, iou, mirrorBox, roundBox } from '../../src/vision/geometry.js';
import { VISION_DEFAULTS, type VisionSettings, visionOptions } from '../../src/vision/options.js';
import { cropFace, cut, mirrored, pasted, shrunk } from '../../src/vision/pixels.js';
import { Rate } from '../../src/vision/rate.js';
import { TimeStats } from '../../src/vision/time_stats.js';
import { Tracker } from '../../src/vision/tracker.js';

const box = (x: number, y: number, size: number): Box => ({ x, y, width: size, height: size });
const gray = (width: number, height: number, at: (x: number, y: number) => number): Picture => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
});

describe('boxes', () => {
  it('iou: the same 1, half of one 1/3, apart and touching 0', () => {
    expect(iou(box(0, 0, 10), box(0, 0, 10))).toBe(1);
    expect(iou(box(0, 0, 10), { ...box(5, 0, 10) })).toBeCloseTo(50 / 150, 12);
    expect(iou(box(0, 0, 10), box(10, 0, 10))).toBe(0);
    expect(iou(box(0, 0, 10), box(20, 20, 10))).toBe(0);
  });

  it('iou of boxes inside of each other and of other extents', () => {
    const wide = { x: 2, y: 3, width: 10, height: 4 };
    expect(iou(wide, { x: 4, y: 4, width: 5, height: 2 })).toBeCloseTo(10 / 40, 12);
    expect(iou(wide, { x: 8, y: 1, width: 8, height: 4 })).toBeCloseTo(8 / (40 + 32 - 8), 12);
    expect(iou({ x: 8, y: 1, width: 8, height: 4 }, wide)).toBeCloseTo(8 / 64, 12);
    expect(iou(wide, { x: 2, y: 7, width: 10, height: 4 })).toBe(0);
    expect(iou(box(0, 0, 10), box(-20, -20, 10))).toBe(0);
  });

  it('grows by a share of each extent, shrinks, rounds, and sorts equal ones from left to right, then down', () => {
    const wide = { x: 10, y: 20, width: 40, height: 10 };
    expect(grow(wide, 0.1)).toEqual({ x: 6, y: 19, width: 48, height: 12 });
    expect(grow(wide, -0.25)).toEqual({ x: 20, y: 22.5, width: 20, height: 5 });
    expect(roundBox({ x: 1.5, y: 2.4, width: 3.6, height: 4.49 })).toEqual({
      x: 2,
      y: 2,
      width: 4,
      height: 4,
    });
    const boxes = [{ ...wide, y: 30 }, { ...wide, x: 20 }, wide, { x: 0, y: 0, width: 20, height: 21 }];
    expect([...boxes].sort(bySize)).toEqual([boxes[3], wide, boxes[0], boxes[1]]);
  });

  it('grows on every side, mirrors, and sorts the largest first', () => {
    expect(grow(box(100, 100, 40), 0.25)).toEqual(box(90, 90, 60));
    expect(mirrorBox(box(10, 5, 20), 100)).toEqual(box(70, 5, 20));
    expect([box(9, 0, 5), box(1, 0, 5), box(0, 0, 7)].sort(bySize)).toEqual([
      box(0, 0, 7),
      box(1, 0, 5),
      box(9, 0, 5),
    ]);
  });
});

describe('tracking and smoothing', () => {
  it('a face keeps its number while it moves, through a gap of less than a second, and not after', () => {
    const tracker = new Tracker(0);
    expect(tracker.update([box(0, 0, 100)], 0)).toEqual([1]);
    expect(tracker.update([box(20, 5, 100)], 0.1)).toEqual([1]);
    expect(tracker.update([], 0.2)).toEqual([]);
    expect(tracker.update([box(30, 5, 100)], 1.0)).toEqual([1]);
    expect(tracker.update([box(30, 5, 100)], 2.1)).toEqual([2]);
  });

  it('several faces: pairs that overlap most are matched first, in any order of the boxes', () => {
    const tracker = new Tracker(0);
    expect(tracker.update([box(0, 0, 100), box(60, 0, 100)], 0)).toEqual([1, 2]);
    expect(tracker.update([box(65, 0, 100), box(5, 0, 100)], 0.1)).toEqual([2, 1]);
    expect(tracker.update([box(5, 0, 100), box(400, 0, 100)], 0.2)).toEqual([1, 3]);
  });

  it('the pair that overlaps most is matched first, even where another box would take its face', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100), box(60, 0, 100)], 0);
    // The first overlaps both (0.60 and 0.48), the second the second face by 0.82 and the first one too little.
    expect(tracker.update([box(25, 0, 100), box(70, 0, 100)], 0.1)).toEqual([1, 2]);
    const other = new Tracker(0);
    other.update([box(0, 0, 100)], 0);
    expect(other.update([box(30, 0, 100), box(10, 0, 100)], 0.1)).toEqual([2, 1]);
  });

  it('boxes of a third in common are the same face, of a quarter not', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100)], 0);
    expect(tracker.update([box(50, 0, 100)], 0.1)).toEqual([1]); // 1/3
    expect(tracker.update([box(110, 0, 100)], 0.2)).toEqual([2]); // 1/4
    expect(tracker.update([{ x: 170, y: 0, width: 30, height: 100 }], 0.3)).toEqual([2]); // exactly 0.3
  });

  it('a face is remembered for exactly a second since it was found last', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100)], 0);
    expect(tracker.update([box(0, 0, 100)], 1)).toEqual([1]);
    expect(tracker.update([box(0, 0, 100)], 2)).toEqual([1]);
    expect(tracker.update([box(0, 0, 100)], 3.001)).toEqual([2]);
    tracker.reset();
    expect(tracker.update([box(0, 0, 100)], 3.1)).toEqual([3]);
  });

  it('smoothing goes by the time since the last opinion of the same face', () => {
    const tracker = new Tracker(2);
    const [one, two] = tracker.update([box(0, 0, 10), box(50, 0, 10)], 0) as [number, number];
    tracker.smooth(one, Float32Array.of(1, 0), 0);
    tracker.smooth(two, Float32Array.of(0, 1), 1);
    let expected = 1;
    for (const [t, now] of [
      [0.5, 0],
      [2, 0],
      [2.25, 1],
    ] as const) {
      const before = t === 0.5 ? 0 : t === 2 ? 0.5 : 2;
      expected += (1 - Math.exp(-(t - before) / 2)) * (now - expected);
      expect(tracker.smooth(one, Float32Array.of(now, 1 - now), t)[0]).toBeCloseTo(expected, 6);
    }
    expect(tracker.smooth(two, Float32Array.of(0, 1), 3)).toEqual(Float32Array.of(0, 1));
  });

  it('opinions of another number of classes, or of no known face, are taken as they are', () => {
    const tracker = new Tracker(5);
    const [id] = tracker.update([box(0, 0, 10)], 0) as [number];
    tracker.smooth(id, Float32Array.of(1, 0), 0);
    expect([...tracker.smooth(id, Float32Array.of(0, 0, 1), 0.1)]).toEqual([0, 0, 1]);
    expect([...tracker.smooth(99, Float32Array.of(0, 1), 0.1)]).toEqual([0, 1]);
  });

  it('smoothing is an exponential average over time; 0 is none; sums stay 1', () => {
    const tracker = new Tracker(0.5);
    const [id] = tracker.update([box(0, 0, 10)], 0) as [number];
    expect([...tracker.smooth(id, Float32Array.of(1, 0), 0)]).toEqual([1, 0]);
    tracker.update([box(0, 0, 10)], 0.5);
    const [a, b] = tracker.smooth(id, Float32Array.of(0, 1), 0.5) as unknown as [number, number];
    expect(a).toBeCloseTo(Math.exp(-1), 6);
    expect(a + b).toBeCloseTo(1, 6);
    tracker.smoothing = 0;
    expect([...tracker.smooth(id, Float32Array.of(0, 1), 0.6)]).toEqual([0, 1]);
  });
});

describe('pixels', () => {
  it('gray is the luma of the training images', () => {
    const picture: Picture = {
      ...{ width: 4, height: 1, channels: 3 },
      data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
    };
    expect([...toGray(picture).data]).toEqual([76, 150, 29, 255]);
  });

  it('gray of a gray picture is itself, and each pixel has its own three colours', () => {
    const one = gray(3, 2, (x, y) => x + y);
    expect(toGray(one)).toEqual(one);
    const data = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 200, 100, 0);
    const wanted = [0, 3, 6, 9].map((i) =>
      Math.round(0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0)),
    );
    expect([...toGray({ width: 2, height: 2, channels: 3, data }).data]).toEqual(wanted);
  });

  it('cuts by rounded edges, in colours, at least one pixel', () => {
    const color: Picture = {
      ...{ width: 3, height: 2, channels: 3 },
      data: Uint8Array.from({ length: 18 }, (_, i) => i),
    };
    expect(cut(color, { x: 0.6, y: 0.4, width: 1.9, height: 0.9 })).toMatchObject({ width: 2, height: 1 });
    expect([...cut(color, { x: 0.6, y: 0.4, width: 1.9, height: 0.9 }).data]).toEqual([3, 4, 5, 6, 7, 8]);
    expect([...cut(color, { x: 2, y: 1, width: 2, height: 0.1 }).data]).toEqual([15, 16, 17, 15, 16, 17]);
    expect([...cut(color, { x: 1, y: 0, width: 0, height: 2 }).data]).toEqual([3, 4, 5, 12, 13, 14]);
  });

  it('a crop of width x height, with its margin on each side of its own extent', () => {
    const picture = gray(60, 40, (x, y) => 4 * x + (y >= 20 ? 1 : 0));
    const crop = cropFace(picture, { x: 20, y: 10, width: 20, height: 20 }, 0.5, 4, 2);
    expect(crop).toMatchObject({ width: 4, height: 2, channels: 1 });
    const column = (first: number): number => 4 * (first + 4.5); // the mean of ten columns
    expect([...crop.data]).toEqual(
      [10, 20, 30, 40, 10, 20, 30, 40].map((x, i) => column(x) + (i > 3 ? 1 : 0)),
    );
    expect(cropFace(picture, { x: 20, y: 10, width: 20, height: 20 }, 0, 5)).toMatchObject({
      width: 5,
      height: 5,
    });
  });

  it('mirrors colours as wholes', () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    expect([...mirrored({ width: 2, height: 2, channels: 3, data }).data]).toEqual([
      ...[4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9],
    ]);
  });

  it('shrinks by the tighter of both bounds', () => {
    const picture = gray(100, 30, () => 7);
    expect(shrunk(picture, 1000, 10)).toMatchObject({ width: 33, height: 10 });
    expect(shrunk(picture, 50, 1000)).toMatchObject({ width: 50, height: 15 });
    expect(shrunk(picture, 1, 1)).toMatchObject({ width: 1, height: 1 });
    expect(shrunk(picture, 100, 30)).toBe(picture);
  });

  it('cuts whole pixels, and goes on with the edge outside', () => {
    const picture = gray(4, 4, (x, y) => y * 10 + x);
    expect([...cut(picture, { x: 1, y: 2, width: 2, height: 1 }).data]).toEqual([21, 22]);
    expect([...cut(picture, { x: -1, y: -1, width: 3, height: 2 }).data]).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('is pasted over a box, in colour; what lies outside is left out', () => {
    const under = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
    const patch = { width: 2, height: 2, channels: 1, data: Uint8Array.of(10, 20, 30, 40) } as const;
    const at = (x: number, y: number, size = 2): number[] => {
      const { data, channels } = pasted(under, patch, { x, y, width: size, height: size });
      expect([channels, data.length]).toEqual([3, 18]);
      return [...data].filter((_, i) => i % 3 === 1);
    };
    expect(at(1, 0)).toEqual([1, 10, 20, 4, 30, 40]);
    expect(at(2, 1)).toEqual([1, 2, 3, 4, 5, 10]);
    expect(at(-1, -1)).toEqual([40, 2, 3, 4, 5, 6]);
    expect(at(0.6, 0.4, 1)).toEqual([1, 25, 3, 4, 5, 6]); // one pixel is the mean of the patch
    for (const far of [-2, 3]) expect(at(far, 0)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...under.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('a crop is averaged by area, with its margin', () => {
    const picture = gray(40, 40, (x, y) => (x >= 10 && x < 30 && y >= 10 && y < 30 ? 200 : 0));
    expect([...cropFace(picture, box(10, 10, 20), 0, 2).data]).toEqual([200, 200, 200, 200]);
    const wide = cropFace(picture, box(10, 10, 20), 0.5, 4).data;
    expect([...wide]).toEqual([0, 0, 0, 0, 0, 200, 200, 0, 0, 200, 200, 0, 0, 0, 0, 0]);
  });

  it('mirrors, and shrinks within bounds but never enlarges', () => {
    expect([...mirrored(gray(3, 2, (x, y) => y * 10 + x)).data]).toEqual([2, 1, 0, 12, 11, 10]);
    const picture = gray(640, 480, () => 7);
    expect(shrunk(picture, 320, 320)).toMatchObject({ width: 320, height: 240 });
    expect(shrunk(picture, 2000, 2000)).toBe(picture);
  });
});

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

describe('figures', () => {
  it('the rate is that of the last two seconds', () => {
    const rate = new Rate();
    expect(rate.count(0)).toBe(0);
    let last = 0;
    for (let i = 1; i <= 100; i++) last = rate.count(i / 10);
    expect(last).toBeCloseTo(10, 6);
    expect(rate.count(15)).toBeLessThan(1);
  });

  it('the rate is 0 until there are two, and forgets what is older than two seconds, but one', () => {
    const rate = new Rate();
    expect([rate.count(5), rate.count(5)]).toEqual([0, 0]);
    expect(rate.count(6)).toBe(2);
    expect(rate.count(7)).toBe(1.5); // 5, 5, 6, 7: exactly two seconds
    expect(rate.count(8)).toBe(1); // 6, 7, 8
    expect(rate.count(20)).toBeCloseTo(1 / 12, 12); // 8, 20
  });

  it('the times of the latest 5,000 frames, to a hundredth of a millisecond', () => {
    const stats = new TimeStats();
    const add = (ms: number): void => stats.add({ capture: ms, detect: 0, classify: 0 });
    add(1.23456);
    expect(stats.spread().capture).toEqual({ median: 1.23, p95: 1.23 });
    for (let i = 0; i < 4999; i++) add(7);
    expect(stats.spread().capture.median).toBe(7);
    for (let i = 0; i < 2600; i++) add(3);
    expect(stats.spread().capture).toEqual({ median: 3, p95: 7 });
    for (let i = 0; i < 2400; i++) add(3);
    expect(stats.spread().capture).toEqual({ median: 3, p95: 3 });
  });

  it('median and 95th percentile', () => {
    const stats = new TimeStats();
    expect(stats.spread().detect).toEqual({ median: 0, p95: 0 });
    for (let i = 1; i <= 100; i++) stats.add({ capture: 1, detect: i, classify: 2 * i });
    expect(stats.spread()).toEqual({
      capture: { median: 1, p95: 1 },
      detect: { median: 51, p95: 96 },
      classify: { median: 102, p95: 192 },
    });
  });
});
