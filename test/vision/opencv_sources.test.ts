import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CameraError, DataError } from '../../src/util/errors.js';
import { openCapture } from '../../src/vision/capture.js';
import { ImageSource } from '../../src/vision/images.js';
import { LiveSource } from '../../src/vision/live_source.js';
import { openSource } from '../../src/vision/open_source.js';
import { UnreadError } from '../../src/vision/source.js';
import { needs } from '../helpers/needs.js';
import { FakeOpenCv, FRAME, FRAME_RGB, type MatLike } from './fake_opencv.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-opencv-'));

/** One red pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');

/** No camera is asked for on this machine. */
const probing = vi.hoisted(() => ({ problem: undefined as string | undefined }));
vi.mock('../../src/vision/camera_problem.js', async (original) => ({
  ...(await original<typeof import('../../src/vision/camera_problem.js')>()),
  canProbe: () => true,
  cameraProblem: () => probing.problem,
}));
/** Live sources are not connected again. */
const ONCE = { tries: 0, tell: async () => undefined };

/** Pauses pass at once, and are counted. */
const pauses = vi.hoisted(() => [] as number[]);
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => void pauses.push(ms),
}));

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
    expect([...(first?.picture.data ?? [])]).toEqual(FRAME_RGB);
    expect(cv.opened).toEqual([['a.mp4', cv.CAP_FFMPEG]]);
    source.close();
    expect(cv.held).toBe(0);
  });

  it('that is closed before its first frame was asked for lets go of that, once', async () => {
    const cv = new FakeOpenCv({ captures: () => frames(2) });
    const source = await openCapture(cv, VIDEO);
    expect(cv.held).toBe(2);
    source.close();
    source.close();
    expect(cv.held).toBe(0);
  });

  it('tells its length by its frames and their rate, and a file without one does not', async () => {
    const length = async (fps: number, spec: Parameters<typeof openCapture>[1] = VIDEO) =>
      (await openCapture(new FakeOpenCv({ captures: () => frames(1), fps, count: 50 }), spec)).info;
    expect((await length(10)).seconds).toBe(5);
    for (const fps of [0, 241]) expect(await length(fps)).not.toHaveProperty('seconds');
    const device = join(folder, 'video8');
    writeFileSync(device, '');
    const camera = await length(10, { kind: 'camera', index: 8, device });
    expect(camera.live).toBe(true);
    expect(camera).not.toHaveProperty('seconds');
  });

  it.each([
    [{ major: 4, minor: 6 }, 90, true],
    [{ major: 4, minor: 6 }, 270, true],
    [{ major: 4, minor: 6 }, 180, false],
    [{ major: 4, minor: 6 }, 0, false],
    [{ major: 4, minor: 10 }, 90, false],
  ])('of OpenCV %o with an orientation of %i degrees is turned by 180 degrees: %s', async (version, orientation, turned) => {
    const cv = new FakeOpenCv({ captures: () => frames(2), version, orientation });
    const source = await openCapture(cv, VIDEO);
    for (const frame of [await source.read(), await source.read()]) {
      expect([...(frame?.picture.data ?? [])]).toEqual(
        turned ? [...FRAME_RGB.slice(3), ...FRAME_RGB.slice(0, 3)] : FRAME_RGB,
      );
    }
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
    await expect(source.read()).rejects.toThrow('rtsp://host/one stopped sending pictures after 1 frames');
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
    await expect(source.read()).rejects.toThrow('camera 3 stopped sending pictures after 2 frames');
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
  const photos = mkdtempSync(join(folder, 'photos-'));
  /** A file; what it holds is for OpenCV to say, unless it is a picture. */
  const file = (name: string, bytes: string | Uint8Array = 'x'): string => {
    writeFileSync(join(photos, name), bytes);
    return join(photos, name);
  };
  const [a, b, stray] = [file('a.png'), file('b.bmp'), file('stray')];
  const [gif, cut] = [file('c.jpg', GIF), file('d.gif', GIF.subarray(0, 20))];
  const images = {
    [a]: FRAME,
    [b]: { ...FRAME, rows: 2, cols: 1 },
    [stray]: { ...FRAME, data: new Uint8Array(0) },
  };
  const open = (cv: FakeOpenCv, ...paths: string[]) => ImageSource.open(cv, { paths, notes: [] }, 'x');

  it('come one after another, with their paths', async () => {
    const cv = new FakeOpenCv({ images });
    const source = await open(cv, a, b);
    expect(source.info).toEqual({
      ...{ kind: 'images', name: 'x', width: 2, height: 1, fps: 1, live: false, stills: true, seconds: 2 },
    });
    const [one, two, end] = [await source.read(), await source.read(), await source.read()];
    expect([one?.path, one?.index, one?.t, one?.picture.width]).toEqual([a, 0, 0, 2]);
    expect([two?.path, two?.index, two?.t, two?.picture.height]).toEqual([b, 1, 1, 2]);
    expect(end).toBeUndefined();
    expect(cv.held).toBe(0);
  });

  it('that OpenCV cannot read are read all the same, by their content', needs.sharp, async () => {
    const source = await open(new FakeOpenCv(), gif);
    expect(source.info).toMatchObject({ width: 1, height: 1 });
    expect((await source.read())?.picture).toEqual({
      ...{ width: 1, height: 1, channels: 3, data: Buffer.of(255, 0, 0) },
    });
  });

  it('that nothing can read are named one by one, and the next ones follow', async () => {
    const cv = new FakeOpenCv({ images });
    const source = await open(cv, stray, a, cut, join(photos, 'none'), b);
    expect(source.info).toMatchObject({ width: 2, height: 1, seconds: 5 }); // of the first that can be read
    const heard: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      heard.push(
        await source.read().then(
          (frame) => frame?.index,
          (error: UnreadError) => error,
        ),
      );
    }
    expect(heard).toEqual([expect.any(UnreadError), 1, expect.any(UnreadError), expect.any(UnreadError), 4]);
    expect(heard[0]).toMatchObject({
      ...{
        path: stray,
        exitCode: 4,
        message: expect.stringContaining(`${stray}: cannot be read as an image`),
      },
    });
    expect((heard[0] as UnreadError).cause).toBeInstanceOf(DataError);
    expect(heard[2]).toMatchObject({ path: cut, message: expect.stringContaining(`${cut}: `) });
    expect(cv.held).toBe(0);
  });

  it('of which none can be read are a data error at once', async () => {
    const cv = new FakeOpenCv({ images });
    await expect(open(cv, stray)).rejects.toThrow(DataError);
    await expect(open(cv, stray)).rejects.toThrow(`${stray}: cannot be read as an image`);
    await expect(open(cv, stray, cut)).rejects.toThrow(
      `none of 2 pictures can be read, the first: ${stray}: `,
    );
    expect(cv.held).toBe(0);
  });

  it('are not asked of OpenCV where it would wait for ever', needs.linux, async () => {
    const pipe = join(photos, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const cv = new FakeOpenCv({ images: { [pipe]: FRAME } });
    await expect(open(cv, pipe)).rejects.toThrow(`${pipe}: it is not a regular file`);
    rmSync(pipe);
  });

  it('are found in folders, with a word on what else is there', async () => {
    const place = mkdtempSync(join(folder, 'place-'));
    for (const name of ['b.bmp', 'a', 'c.txt']) writeFileSync(join(place, name), 'x');
    const paths = ['a', 'b.bmp'].map((name) => join(place, name));
    const cv = new FakeOpenCv({ images: Object.fromEntries(paths.map((path) => [path, FRAME])) });
    const source = await openSource({ kind: 'images', paths: [place, paths[1] as string] }, () => cv, ONCE);
    expect(source.info.name).toBe('2 images');
    expect(source.notes).toEqual([`${place}: not read: 1 text or table, the first: c.txt`]);
    const seen: (string | undefined)[] = [];
    for (let next = await source.read(); next !== undefined; next = await source.read()) seen.push(next.path);
    expect(seen).toEqual([...paths, paths[1]]);
  });

  it('and the demo need what they need: OpenCV for one, nothing for the other', async () => {
    const load = vi.fn(() => new FakeOpenCv({ captures: () => [FRAME] }));
    expect((await openSource({ kind: 'demo' }, load, ONCE)).info.kind).toBe('demo');
    expect(load).not.toHaveBeenCalled();
    const file = await openSource({ kind: 'video', path: 'a.mp4' }, load, ONCE);
    expect(file.info.kind).toBe('video');
    expect(load).toHaveBeenCalledOnce();
    // Only what is live is connected again.
    expect(file).not.toBeInstanceOf(LiveSource);
    expect(await openSource({ kind: 'stream', url: 'http://host/a' }, load, ONCE)).toBeInstanceOf(LiveSource);
  });
});
