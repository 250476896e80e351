import { describe, expect, it } from 'vitest';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { CameraError, UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { toGray } from '../../src/util/picture.js';
import { cameraProblem, type DeviceProbe } from '../../src/vision/camera_problem.js';
import { DemoSource, demoFrame } from '../../src/vision/demo.js';
import { searchScale } from '../../src/vision/detector.js';
import { glyphDot } from '../../src/vision/font.js';
import { type Box, bySize, grow, iou, mirrorBox } from '../../src/vision/geometry.js';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import { annotated, drawBox, FOCUS, OTHER } from '../../src/vision/overlay.js';
import { cropFace, cut, mirrored, shrunk } from '../../src/vision/pixels.js';
import { Rate } from '../../src/vision/rate.js';
import { nameOfSource, parseSource } from '../../src/vision/source_spec.js';
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

  it('cuts whole pixels, and goes on with the edge outside', () => {
    const picture = gray(4, 4, (x, y) => y * 10 + x);
    expect([...cut(picture, { x: 1, y: 2, width: 2, height: 1 }).data]).toEqual([21, 22]);
    expect([...cut(picture, { x: -1, y: -1, width: 3, height: 2 }).data]).toEqual([0, 0, 1, 0, 0, 1]);
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

describe('overlay', () => {
  const black = (width: number, height: number): Picture => ({
    ...{ width, height, channels: 3, data: new Uint8Array(width * height * 3) },
  });
  const at = ({ data, width }: Picture, x: number, y: number): number[] => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];

  it('draws the frame of a box and nothing inside; what is outside of the picture is left out', () => {
    const picture = black(20, 20);
    drawBox(picture, { x: 5, y: 5, width: 40, height: 10 }, FOCUS, 1);
    expect(at(picture, 5, 5)).toEqual([...FOCUS]);
    expect(at(picture, 19, 14)).toEqual([...FOCUS]);
    expect(at(picture, 10, 10)).toEqual([0, 0, 0]);
    expect(at(picture, 5, 15)).toEqual([0, 0, 0]);
  });

  it('annotates a copy: the first face in the colour of the focus, labels inside of the picture', () => {
    const frame = black(320, 240);
    const out = annotated(frame, [
      { box: box(100, 100, 80), text: 'Happy 87 %' },
      { box: box(290, 0, 60), text: 'Sad 51 %' },
    ]);
    expect(frame.data.every((value) => value === 0)).toBe(true);
    expect(at(out, 100, 140)).toEqual([...FOCUS]);
    expect(at(out, 290, 40)).toEqual([...OTHER]);
    expect(at(out, 101, 90)).toEqual([...FOCUS]); // the strip of the label, above the box
  });

  it('letters: H has two strokes and a bar; small ones look like large ones', () => {
    const row = (letter: string, y: number): string =>
      Array.from({ length: 5 }, (_, x) => (glyphDot(letter, x, y) ? '#' : '.')).join('');
    expect([row('H', 0), row('H', 3), row('h', 6)]).toEqual(['#...#', '#####', '#...#']);
    for (const letter of CLASS_NAMES.join('')) expect(row(letter, 0) + row(letter, 3)).toContain('#');
  });
});

describe('sources', () => {
  it.each([
    ['demo', { kind: 'demo' }],
    ['2', { kind: 'camera', index: 2, device: '/dev/video2' }],
    ['/dev/video1', { kind: 'camera', index: 1, device: '/dev/video1' }],
    ['rtsp://host/one', { kind: 'stream', url: 'rtsp://host/one' }],
    ['test', { kind: 'images', paths: ['test'] }],
    ['package.json', { kind: 'video', path: 'package.json' }],
  ])('%s', (text, spec) => expect(parseSource(text)).toEqual(spec));

  it('a path where nothing is, is exit 7', () => {
    expect(() => parseSource('/nowhere.mp4')).toThrow(CameraError);
    expect(() => parseSource('/nowhere.mp4')).toThrow('/nowhere.mp4: there is no such file');
  });

  it('a password is not shown', () => {
    expect(nameOfSource({ kind: 'stream', url: 'rtsp://me:secret@host/one' })).toBe('rtsp://host/one');
  });

  const probe = (change: Partial<DeviceProbe>): DeviceProbe => ({
    ...{ devices: () => ['/dev/video0', '/dev/video2'], readable: () => true, holder: () => undefined },
    ...change,
  });
  it.each([
    ['not there', 1, probe({}), 'camera 1: not found (no /dev/video1); there are: --source 0, 2'],
    ['none at all', 0, probe({ devices: () => [] }), 'not found (no /dev/video0); plug one in'],
    ['no permission', 0, probe({ readable: () => false }), 'sudo usermod -aG video "$USER"'],
    [
      'busy',
      0,
      probe({ holder: () => 'cheese (process 7)' }),
      'busy: /dev/video0 is in use by cheese (process 7)',
    ],
  ])('a camera that is %s says so', (_, index, devices, words) => {
    expect(cameraProblem(index, `/dev/video${index}`, devices)).toContain(words);
  });

  it('nothing speaks against a free camera', () => {
    expect(cameraProblem(0, '/dev/video0', probe({}))).toBeUndefined();
  });
});

describe('options', () => {
  it.each([
    [{ maxFaces: 0 }, '--max-faces 0: expected a whole number from 1 to 100'],
    [{ minFace: 20.5 }, '--min-face 20.5: expected a whole number'],
    [{ scaleFactor: 1 }, '--scale-factor 1: expected a number from 1.01 to 2'],
    [{ maxFrames: Number.NaN }, '--max-frames NaN'],
  ])('%j is usage', (change, words) => {
    const make = () => visionOptions('demo', { ...VISION_DEFAULTS, ...change }, { pace: 'live' });
    expect(make).toThrow(UsageError);
    expect(make).toThrow(words);
  });

  it('frames are shrunk so that the smallest face still fills the cascade', () => {
    expect(searchScale({ scale: 0, minFace: 64 })).toBe(0.5);
    expect(searchScale({ scale: 0, minFace: 24 })).toBe(1);
    expect(searchScale({ scale: 0.7, minFace: 64 })).toBe(0.7);
  });
});

describe('the demo', () => {
  it('is the same every time: one face, two faces, nobody, inside of the frame', async () => {
    const source = new DemoSource();
    const first = await source.read();
    expect(first.known).toHaveLength(1);
    expect(Buffer.compare(Buffer.from(first.picture.data), Buffer.from(demoFrame(0).picture.data))).toBe(0);
    const counts = new Set<number>();
    for (let i = 0; i < 360; i += 7) {
      const { known, picture } = demoFrame(i);
      counts.add(known.length);
      for (const { x, y, width, height } of known) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(picture.width);
        expect(y + height).toBeLessThanOrEqual(picture.height);
      }
    }
    expect([...counts].sort()).toEqual([0, 1, 2]);
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
