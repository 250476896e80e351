import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CameraError, UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { type DetectorOptions, HaarDetector } from '../../src/vision/detector.js';
import { matOf, pictureOf } from '../../src/vision/mat.js';
import { bindingHomes, cameraFolder, loadOpenCv } from '../../src/vision/opencv.js';
import { FakeOpenCv, type Found, FRAME, FRAME_RGB, type Search } from './fake_opencv.js';

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

const gray = (width: number, height: number, tone: (x: number, y: number) => number): Picture => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, i) => tone(i % width, Math.floor(i / width))),
});

/** What the binding's package gives when it is asked for; undefined: it is not installed. `absent` are folders without it. */
const binding = vi.hoisted(() => ({
  module: undefined as object | undefined,
  asked: [] as string[],
  code: 'MODULE_NOT_FOUND',
  absent: undefined as RegExp | undefined,
}));
vi.mock('node:module', async (original) => ({
  ...(await original<typeof import('node:module')>()),
  createRequire: (from: string) => (name: string) => {
    binding.asked.push(name);
    if (binding.module === undefined || binding.absent?.test(from))
      throw Object.assign(new Error('cannot be loaded'), { code: binding.code });
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

  it('may lie in the cache folder of the user, where the set-up of an installed package puts it', () => {
    binding.module = {};
    binding.absent = new RegExp(`^${bindingHomes()[0]}`);
    expect(loadOpenCv()).toBe(binding.module);
    binding.absent = new RegExp(`^(?!${cameraFolder()})`);
    expect(loadOpenCv()).toBe(binding.module);
    expect(bindingHomes()).toEqual([expect.not.stringContaining(cameraFolder()), cameraFolder()]);
    binding.absent = /./;
    expect(() => loadOpenCv()).toThrow('cannot be loaded');
    binding.absent = undefined;
  });

  it('that does not load is a camera error that says how to get it', () => {
    binding.module = undefined;
    expect(() => loadOpenCv()).toThrow(CameraError);
    expect(() => loadOpenCv()).toThrow('which cannot be loaded; run "fer-tui setup camera"');
  });

  it('that was built for another Node.js says so', () => {
    binding.module = undefined;
    binding.code = 'ERR_DLOPEN_FAILED';
    expect(() => loadOpenCv()).toThrow(CameraError);
    expect(() => loadOpenCv()).toThrow('it was built for another version of Node.js or OpenCV');
    binding.code = 'MODULE_NOT_FOUND';
  });
});

describe('mats', () => {
  it('are blue, green, red and pictures red, green, blue; gray is gray; none is left', () => {
    const cv = new FakeOpenCv();
    const picture = pictureOf(cv, cv.mat(FRAME));
    expect(picture).toMatchObject({ width: 2, height: 1, channels: 3 });
    expect([...picture.data]).toEqual(FRAME_RGB);
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
    ...{ kind: 'haar', eyes: false, profile: false, minFace: 64, scaleFactor: 1.2, neighbours: 6, scale: 0 },
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

  it('--profile: adds faces from the side, either side, where there is none yet', async () => {
    const PROFILE = FRONTAL.replace('frontalface_default', 'profileface');
    let searched = 0;
    const cv = new FakeOpenCv({
      cascades: {
        [FRONTAL]: () => FACES,
        [PROFILE]: () => {
          // In the picture the second face again and a new one, in the mirrored one (100 wide) a new one and the first again.
          const again =
            searched === 0
              ? { x: 55, y: 30, width: 40, height: 40 }
              : { x: 72, y: 22, width: 20, height: 20 };
          return [again, { x: 1 + 3 * searched++, y: 0, width: 9, height: 9 }];
        },
      },
    });
    const detector = new HaarDetector(cv, { ...OPTIONS, profile: true });
    expect(await detector.detect(picture)).toEqual([
      { x: 100, y: 60, width: 80, height: 80 },
      { x: 20, y: 40, width: 40, height: 40 },
      { x: 2, y: 0, width: 18, height: 18 },
      { x: 174, y: 0, width: 18, height: 18 },
    ]);
    const [, plain, mirrored] = cv.searches;
    expect([plain?.file, mirrored?.file]).toEqual([PROFILE, PROFILE]);
    const row = (search: Search | undefined): number[] => [...(search?.data.subarray(0, 100) ?? [])];
    expect(row(mirrored)).toEqual(row(plain).reverse());
    expect(plain?.options).toEqual(cv.searches[0]?.options);
    expect(cv.held).toBe(0);
  });

  it.each([
    [33, 2], // 7 of 33 columns in common: 0.212
    [34, 3], // 6 of 34: 0.176
  ])('--profile: a face from the side of which less than a fifth is known is another one: %i', async (x, count) => {
    const PROFILE = FRONTAL.replace('frontalface_default', 'profileface');
    const side = { x, y: 30, width: 20, height: 20 };
    let searched = 0;
    const cv = new FakeOpenCv({
      cascades: {
        [FRONTAL]: () => [{ ...side, x: 20 }, FACES[1] as Found],
        [PROFILE]: () => (searched++ === 0 ? [side] : []),
      },
    });
    const found = await new HaarDetector(cv, { ...OPTIONS, profile: true }).detect(picture);
    expect(found).toHaveLength(count);
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
