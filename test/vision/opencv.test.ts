import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CameraError, DataError, UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { openCapture } from '../../src/vision/capture.js';
import { type DetectorOptions, HaarDetector } from '../../src/vision/detector.js';
import { ImageSource } from '../../src/vision/images.js';
import { matOf, pictureOf } from '../../src/vision/mat.js';
import { openSource } from '../../src/vision/open_source.js';
import { loadOpenCv } from '../../src/vision/opencv.js';
import { checkVideoName, VideoRecorder } from '../../src/vision/video_recorder.js';
import { FakeOpenCv, type Found, type MatLike, type Search } from './fake_opencv.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-opencv-'));
const EYES = '/usr/share/opencv4/haarcascades/haarcascade_eye.xml';
const FRONTAL = '/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml';

/** OpenCV's cascades are "installed", whatever this machine has. */
const installed = vi.hoisted(() => ({ cascades: true }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const known = (path: string) => /haarcascades/.test(path);
  const seen = (path: string) => installed.cascades && path.startsWith('/usr/share/');
  return { ...fs, existsSync: (path: string) => (known(path) ? seen(path) : fs.existsSync(path)) };
});
/** No camera is asked for on this machine. */
const probing = vi.hoisted(() => ({ problem: undefined as string | undefined }));
vi.mock('../../src/vision/camera_problem.js', async (original) => ({
  ...(await original<typeof import('../../src/vision/camera_problem.js')>()),
  canProbe: () => true,
  cameraProblem: () => probing.problem,
}));
/** Pauses pass at once, and are counted. */
const pauses = vi.hoisted(() => [] as number[]);
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => void pauses.push(ms),
}));

const gray = (width: number, height: number, tone: (x: number, y: number) => number): Picture => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, i) => tone(i % width, Math.floor(i / width))),
});
/** A frame of OpenCV, 2 x 1: red, then a mix. */
const FRAME: MatLike = { rows: 1, cols: 2, channels: 3, data: Uint8Array.of(0, 0, 255, 3, 2, 1) };
const RGB = [255, 0, 0, 1, 2, 3];

/** What the binding's package gives when it is asked for; undefined: it is not installed. */
const binding = vi.hoisted(() => ({ module: undefined as object | undefined, asked: [] as string[] }));
vi.mock('node:module', async (original) => ({
  ...(await original<typeof import('node:module')>()),
  createRequire: () => (name: string) => {
    binding.asked.push(name);
    if (binding.module === undefined) throw new Error('Cannot find module');
    return binding.module;
  },
}));

describe('the binding', () => {
  it('is asked for by its package, and told to build nothing and to log errors alone', () => {
    const before = process.env['OPENCV_LOG_LEVEL'];
    delete process.env['OPENCV_LOG_LEVEL'];
    delete process.env['OPENCV4NODEJS_DISABLE_AUTOBUILD'];
    binding.module = {};
    try {
      expect(loadOpenCv()).toBe(binding.module);
      expect(binding.asked).toEqual(['@u4/opencv4nodejs']);
      expect(process.env['OPENCV_LOG_LEVEL']).toBe('ERROR');
      expect(process.env['OPENCV4NODEJS_DISABLE_AUTOBUILD']).toBe('1');
      process.env['OPENCV_LOG_LEVEL'] = 'DEBUG';
      loadOpenCv();
      expect(process.env['OPENCV_LOG_LEVEL']).toBe('DEBUG');
    } finally {
      if (before === undefined) delete process.env['OPENCV_LOG_LEVEL'];
      else process.env['OPENCV_LOG_LEVEL'] = before;
    }
  });

  it('that does not load is a camera error that says how to get it', () => {
    binding.module = undefined;
    expect(() => loadOpenCv()).toThrow(CameraError);
    expect(() => loadOpenCv()).toThrow('npm run setup:camera');
  });
});

describe('mats', () => {
  it('are blue, green, red and pictures red, green, blue; gray is gray; none is left', () => {
    const cv = new FakeOpenCv();
    const picture = pictureOf(cv, cv.mat(FRAME));
    expect(picture).toMatchObject({ width: 2, height: 1, channels: 3 });
    expect([...picture.data]).toEqual(RGB);
    const back = matOf(cv, picture);
    expect([back.rows, back.cols, ...back.getData()]).toEqual([1, 2, ...FRAME.data]);
    back.release();
    const one = gray(3, 2, (x, y) => 10 * y + x);
    const mat = matOf(cv, { ...one, data: one.data.subarray() });
    expect(pictureOf(cv, mat)).toMatchObject({ width: 3, height: 2, channels: 1 });
    const part = new Uint8Array(10).fill(9).subarray(3, 9);
    expect([...pictureOf(cv, matOf(cv, { ...one, data: part })).data]).toEqual([9, 9, 9, 9, 9, 9]);
    expect(cv.held).toBe(0);
  });
});

describe('the detector', () => {
  const OPTIONS: DetectorOptions = {
    ...{ eyes: false, minFace: 64, scaleFactor: 1.2, neighbours: 6, scale: 0 },
  };
  const FACES: Found[] = [
    { x: 10, y: 20, width: 20, height: 20 },
    { x: 50, y: 30, width: 40, height: 40 },
  ];
  const make = (options: Partial<DetectorOptions>, find: (search: Search) => readonly Found[] = () => []) => {
    const cv = new FakeOpenCv({
      cascades: { [FRONTAL]: () => FACES, [EYES]: find, [join(folder, 'own.xml')]: () => [] },
    });
    return { cv, detector: new HaarDetector(cv, { ...OPTIONS, ...options }) };
  };
  const picture = gray(200, 100, (x, y) => (x + 2 * y) % 256);

  it('searches a picture that is shrunk as far as the least face allows, and answers in its pixels', async () => {
    const { cv, detector } = make({});
    const boxes = await detector.detect(picture);
    expect(cv.searches).toHaveLength(1);
    expect(cv.searches[0]).toMatchObject({ file: FRONTAL, cols: 100, rows: 50 });
    expect(cv.searches[0]?.options).toEqual({
      ...{ scaleFactor: 1.2, minNeighbors: 6, minSize: { width: 32, height: 32 } },
    });
    expect(boxes).toEqual([
      { x: 100, y: 60, width: 80, height: 80 },
      { x: 20, y: 40, width: 40, height: 40 },
    ]);
    expect(cv.held).toBe(0);
  });

  it('answers in pixels of the frame where the sizes do not divide', async () => {
    const { cv, detector } = make({ scale: 0.33, minFace: 50 });
    const [box] = await detector.detect(gray(200, 101, () => 0));
    expect(cv.searches[0]).toMatchObject({ cols: 66, rows: 33 });
    expect(cv.searches[0]?.options.minSize).toEqual({ width: 16, height: 16 });
    expect(box?.x).toBeCloseTo((50 * 200) / 66, 9);
    expect(box?.y).toBeCloseTo((30 * 101) / 33, 9);
    expect(box?.width).toBeCloseTo((40 * 200) / 66, 9);
    expect(box?.height).toBeCloseTo((40 * 101) / 33, 9);
  });

  it('searches the picture itself at full size', async () => {
    const { cv, detector } = make({ scale: 1, minFace: 30 });
    await detector.detect(picture);
    expect(cv.searches[0]).toMatchObject({ cols: 200, rows: 100 });
    expect(cv.searches[0]?.options.minSize).toEqual({ width: 30, height: 30 });
    expect([...(cv.searches[0]?.data ?? [])]).toEqual([...picture.data]);
    expect(cv.held).toBe(0);
  });

  it('--eyes: keeps the faces in whose upper part an eye is found', async () => {
    const found = (search: Search): Found[] =>
      search.cols === 80 ? [] : [{ x: 0, y: 0, width: 9, height: 9 }];
    const { cv, detector } = make({ eyes: true }, found);
    expect(await detector.detect(picture)).toEqual([{ x: 20, y: 40, width: 40, height: 40 }]);
    const [, small, large] = cv.searches;
    expect(small).toMatchObject({ file: EYES, cols: 40, rows: 24 });
    expect(small?.options).toEqual({ scaleFactor: 1.1, minNeighbors: 3, minSize: { width: 8, height: 8 } });
    expect(large).toMatchObject({ file: EYES, cols: 80, rows: 48 });
    expect(large?.options.minSize).toEqual({ width: 10, height: 10 });
    expect([...(small?.data.subarray(0, 3) ?? [])]).toEqual([100, 101, 102]); // from (20, 40) on
    expect(cv.held).toBe(0);
    expect(await make({ eyes: true }).detector.detect(picture)).toEqual([]);
    expect(await make({ eyes: false }).detector.detect(picture)).toHaveLength(2);
  });

  it('takes a cascade by its path, and says what is wrong with one', async () => {
    const own = join(folder, 'own.xml');
    writeFileSync(own, '<xml/>');
    const { cv, detector } = make({ cascade: own });
    expect(await detector.detect(picture)).toEqual([]);
    expect(cv.searches[0]?.file).toBe(own);
    expect(() => make({ cascade: '/nowhere.xml' })).toThrow(UsageError);
    expect(() => make({ cascade: '/nowhere.xml' })).toThrow('cascade /nowhere.xml: there is no such file');
    const other = join(folder, 'other.xml');
    writeFileSync(other, 'x');
    expect(() => make({ cascade: other })).toThrow('other.xml: OpenCV cannot read it');
    installed.cascades = false;
    try {
      expect(() => make({})).toThrow('cascade haarcascade_frontalface_default.xml: there is no such file');
      expect(() => make({ cascade: own, eyes: true })).toThrow(
        'cascade haarcascade_eye.xml: there is no such file',
      );
    } finally {
      installed.cascades = true;
    }
  });

  it('lets go of its mats when the search fails', async () => {
    const { cv, detector } = make({ eyes: true }, () => {
      throw new Error('out of memory');
    });
    await expect(detector.detect(picture)).rejects.toThrow('out of memory');
    expect(cv.held).toBe(0);
  });
});

describe('a video or stream', () => {
  const VIDEO = { kind: 'video', path: 'a.mp4' } as const;
  const STREAM = { kind: 'stream', url: 'rtsp://me:secret@host/one' } as const;
  const frames = (count: number) => Array.from({ length: count }, () => FRAME);
  const empty: MatLike = { rows: 0, cols: 0, channels: 3, data: new Uint8Array(0) };

  it('is read frame by frame, with the time that its rate gives, up to its end', async () => {
    const cv = new FakeOpenCv({ captures: () => frames(2), fps: 10 });
    const source = await openCapture(cv, VIDEO);
    expect(source.info).toEqual({
      ...{ kind: 'video', name: 'a.mp4', width: 2, height: 1, fps: 10, live: false, stills: false },
    });
    const [first, second, end] = [await source.read(), await source.read(), await source.read()];
    expect([first?.index, first?.t, second?.index, second?.t, end]).toEqual([0, 0, 1, 0.1, undefined]);
    expect([...(first?.picture.data ?? [])]).toEqual(RGB);
    expect(cv.opened).toEqual([['a.mp4', cv.CAP_FFMPEG]]);
    source.close();
    expect(cv.held).toBe(0);
  });

  it.each([
    [0, 0, 1 / 25],
    [-1, 0, 1 / 25],
    [241, 0, 1 / 25],
    [240, 240, 1 / 240],
  ])('with a rate of %d', async (fps, told, t) => {
    const source = await openCapture(new FakeOpenCv({ captures: () => frames(2), fps }), VIDEO);
    await source.read();
    expect([source.info.fps, (await source.read())?.t]).toEqual([told, t]);
  });

  it('is opened by another decoder where the first one cannot', async () => {
    const cv = new FakeOpenCv({ captures: (_, api) => (api === 0 ? frames(1) : undefined) });
    await openCapture(cv, VIDEO);
    expect(cv.opened).toEqual([
      ['a.mp4', 1900],
      ['a.mp4', 0],
    ]);
  });

  it('that cannot be opened, or has no frame, is a camera error', async () => {
    const cv = new FakeOpenCv({});
    await expect(openCapture(cv, VIDEO)).rejects.toThrow(CameraError);
    await expect(openCapture(cv, VIDEO)).rejects.toThrow('a.mp4: cannot be read as a video');
    await expect(openCapture(cv, STREAM)).rejects.toThrow('rtsp://host/one: the stream cannot be opened');
    const none = new FakeOpenCv({ captures: () => [empty] });
    await expect(openCapture(none, VIDEO)).rejects.toThrow('a.mp4: no frame can be decoded');
    expect(none.held).toBe(0);
  });

  it('a stream is waited for, 20 times a tenth of a second', async () => {
    const late = [undefined, empty, ...new Array(17).fill(undefined), FRAME];
    pauses.length = 0;
    const source = await openCapture(new FakeOpenCv({ captures: () => late, fps: 30 }), STREAM);
    expect(pauses).toEqual(new Array(19).fill(100));
    expect(source.info).toMatchObject({ kind: 'stream', name: 'rtsp://host/one', fps: 30, live: true });
    const begin = performance.now();
    while (performance.now() - begin < 30);
    const first = await source.read();
    expect(first?.t).toBeGreaterThanOrEqual(0.029); // by the clock
    expect(first?.t).toBeLessThan(10);
    expect(await source.read()).toBeUndefined();
    const never = new FakeOpenCv({ captures: () => [...new Array(20).fill(undefined), FRAME] });
    await expect(openCapture(never, STREAM)).rejects.toThrow('no frame can be decoded');
  });

  it('a file is not waited for', async () => {
    pauses.length = 0;
    const cv = new FakeOpenCv({ captures: () => [undefined, FRAME] });
    await expect(openCapture(cv, VIDEO)).rejects.toThrow('no frame can be decoded');
    expect(pauses).toEqual([]);
  });
});

describe('a camera', () => {
  const device = join(folder, 'video3');
  const CAMERA = { kind: 'camera', index: 3, device } as const;
  const api = process.platform === 'linux' ? 200 : 0;

  it('is opened by its number, and is gone or stuck when it gives nothing more', async () => {
    writeFileSync(device, '');
    const cv = new FakeOpenCv({ captures: () => [FRAME, FRAME], fps: 30 });
    const source = await openCapture(cv, CAMERA);
    expect(cv.opened).toEqual([[3, api]]);
    expect(source.info).toMatchObject({ kind: 'camera', name: 'camera 3', live: true, width: 2, height: 1 });
    await source.read();
    await source.read();
    await expect(source.read()).rejects.toThrow(
      'camera 3 stopped sending pictures after 2 frames; reconnect',
    );
    rmSync(device);
    pauses.length = 0;
    await expect(source.read()).rejects.toThrow('camera 3 was unplugged after 2 frames');
    expect(pauses).toEqual([]); // nothing to wait for
    await expect(source.read()).rejects.toThrow(CameraError);
  });

  it('that is not there, or gives nothing, says so', async () => {
    writeFileSync(device, '');
    probing.problem = 'camera 3: busy';
    const cv = new FakeOpenCv({ captures: () => [FRAME] });
    await expect(openCapture(cv, CAMERA)).rejects.toThrow(new CameraError('camera 3: busy'));
    expect(cv.opened).toEqual([]);
    probing.problem = undefined;
    await expect(openCapture(new FakeOpenCv({}), CAMERA)).rejects.toThrow(
      `camera 3: ${device} sends no picture`,
    );
    const silent = new FakeOpenCv({ captures: () => [] });
    await expect(openCapture(silent, CAMERA)).rejects.toThrow('sends no picture');
    expect(silent.held).toBe(0);
  });
});

describe('photographs', () => {
  const images = { 'a.png': FRAME, 'b.png': { ...FRAME, rows: 2, cols: 1 } };

  it('come one after another, with their paths', async () => {
    const cv = new FakeOpenCv({ images });
    const source = new ImageSource(cv, ['a.png', 'b.png'], '2 images');
    expect(source.info).toEqual({
      ...{ kind: 'images', name: '2 images', width: 2, height: 1, fps: 1, live: false, stills: true },
    });
    const [one, two, end] = [await source.read(), await source.read(), await source.read()];
    expect([one?.path, one?.index, one?.t, one?.picture.width]).toEqual(['a.png', 0, 0, 2]);
    expect([two?.path, two?.index, two?.t, two?.picture.height]).toEqual(['b.png', 1, 1, 2]);
    expect(end).toBeUndefined();
    expect(cv.held).toBe(0);
  });

  it('that cannot be read are data errors, the first one at once', async () => {
    const cv = new FakeOpenCv({ images: { ...images, 'empty.png': { ...FRAME, data: new Uint8Array(0) } } });
    for (const bad of ['none.png', 'empty.png']) {
      expect(() => new ImageSource(cv, [bad], 'x')).toThrow(DataError);
      expect(() => new ImageSource(cv, [bad], 'x')).toThrow(`${bad}: cannot be read as an image`);
    }
    const source = new ImageSource(cv, ['a.png', 'none.png'], 'x');
    await source.read();
    await expect(source.read()).rejects.toThrow('none.png: cannot be read');
  });

  it('are found in folders, by the ends that OpenCV reads', async () => {
    const photos = mkdtempSync(join(folder, 'photos-'));
    for (const name of ['b.bmp', 'a.png', 'c.txt']) writeFileSync(join(photos, name), 'x');
    const paths = ['a.png', 'b.bmp'].map((name) => join(photos, name));
    const cv = new FakeOpenCv({ images: Object.fromEntries(paths.map((path) => [path, FRAME])) });
    const source = await openSource({ kind: 'images', paths: [photos, paths[1] as string] }, () => cv);
    expect(source.info.name).toBe('2 images');
    const seen: (string | undefined)[] = [];
    for (let next = await source.read(); next !== undefined; next = await source.read()) seen.push(next.path);
    expect(seen).toEqual([...paths, paths[1]]);
  });

  it('and the demo need what they need: OpenCV for one, nothing for the other', async () => {
    const load = vi.fn(() => new FakeOpenCv({ captures: () => [FRAME] }));
    expect((await openSource({ kind: 'demo' }, load)).info.kind).toBe('demo');
    expect(load).not.toHaveBeenCalled();
    expect((await openSource({ kind: 'video', path: 'a.mp4' }, load)).info.kind).toBe('video');
    expect(load).toHaveBeenCalledOnce();
  });
});

describe('a recorded video', () => {
  const picture = (tone: number, width = 4, height = 2): Picture => ({
    ...{ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(tone) },
  });
  const target = (name: string): string => join(mkdtempSync(join(folder, 'video-')), name);

  it.each([
    ['out.mp4', 'mp4v'],
    ['out.MKV', 'mp4v'],
    ['out.avi', 'MJPG'],
  ])('%s is %s, under another name until it is whole', (name, code) => {
    const cv = new FakeOpenCv();
    const path = target(name);
    const recorder = new VideoRecorder(cv, path, 10, { width: 4, height: 2 });
    const [{ file = '', ...made } = {}] = cv.written;
    expect(made).toMatchObject({
      fps: 10,
      size: { width: 4, height: 2 },
      code: Buffer.from(code).readUInt32LE(0),
    });
    expect(file).toMatch(new RegExp(`/\\.\\d+\\.${name}$`));
    recorder.add(picture(7), 0);
    expect(existsSync(path)).toBe(false);
    recorder.close();
    expect(readFileSync(path)).toHaveLength(24);
    expect(existsSync(file)).toBe(false);
    expect(cv.held).toBe(0);
  });

  it('is as long as what it shows: frames are repeated or left out by their time', () => {
    const cv = new FakeOpenCv();
    const recorder = new VideoRecorder(cv, target('a.avi'), 10, { width: 4, height: 2 });
    for (const [tone, t] of [
      [1, 0],
      [2, 0.02],
      [3, 0.1],
      [4, 0.4],
      [5, 0.44],
      [6, 0.5],
    ] as const) {
      recorder.add(picture(tone), t);
    }
    expect(cv.written[0]?.frames.map((frame) => frame[0])).toEqual([1, 3, 4, 4, 4, 6]);
    recorder.close();
  });

  it('has even sizes, into which each frame is fitted', () => {
    const cv = new FakeOpenCv();
    const recorder = new VideoRecorder(cv, target('a.avi'), 10, { width: 7, height: 5 });
    recorder.add(picture(9, 14, 10), 0);
    expect(cv.written[0]?.size).toEqual({ width: 6, height: 4 });
    expect(cv.written[0]?.frames[0]).toHaveLength(6 * 4 * 3);
    recorder.close();
  });

  it('of no frame leaves nothing behind', () => {
    const path = target('a.mp4');
    new VideoRecorder(new FakeOpenCv(), path, 10, { width: 4, height: 2 }).close();
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it('is refused for its name, its folder, what is there already, and for want of an encoder', () => {
    const path = target('a.mp4');
    expect(() => checkVideoName(path)).not.toThrow();
    for (const [bad, words] of [
      ['a.gif', '--record a.gif: expected a name that ends in .mp4, .mkv, .avi'],
      ['mp4', 'expected a name'],
      ['/nowhere/a.mp4', 'there is no folder /nowhere'],
    ] as const) {
      expect(() => checkVideoName(bad)).toThrow(UsageError);
      expect(() => checkVideoName(bad)).toThrow(words);
    }
    const size = { width: 4, height: 2 };
    expect(() => new VideoRecorder(new FakeOpenCv({ encoder: false }), path, 10, size)).toThrow(CameraError);
    writeFileSync(path, 'old');
    expect(() => new VideoRecorder(new FakeOpenCv(), path, 10, size)).toThrow('the file exists');
  });

  it('that cannot be kept is a run error', () => {
    const path = target('a.mp4');
    const cv = new FakeOpenCv();
    const recorder = new VideoRecorder(cv, path, 10, { width: 4, height: 2 });
    recorder.add(picture(1), 0);
    mkdirSync(join(path, 'in-the-way'), { recursive: true });
    expect(() => recorder.close()).toThrow(`cannot write ${path}`);
  });
});
