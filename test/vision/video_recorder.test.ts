import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CameraError, UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { checkVideoName, VideoRecorder } from '../../src/vision/video_recorder.js';
import { FakeOpenCv } from './fake_opencv.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-video-'));

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

  it('shows each picture from its time until the next one; those that come too fast are left out', () => {
    const cv = new FakeOpenCv();
    const recorder = new VideoRecorder(cv, target('a.avi'), 10, { width: 4, height: 2 });
    for (const [tone, t] of [
      [1, 0],
      [2, 0.02],
      [3, 0.1],
      [4, 0.4],
      [5, 0.44],
      [6, 0.7],
    ] as const) {
      recorder.add(picture(tone), t);
    }
    expect(cv.written[0]?.frames.map((frame) => frame[0])).toEqual([1, 3, 3, 3, 4, 5, 5, 6]);
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
