import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/vision/capture.js';
import { FrameClock } from '../../src/vision/frame_clock.js';
import { loadOpenCv } from '../../src/vision/opencv.js';
import { VideoRecorder } from '../../src/vision/video_recorder.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { needs } from '../helpers/needs.js';
import { FakeOpenCv, FRAME } from './fake_opencv.js';
import { parsed, temporary, untrainedWeights } from './fixtures.js';
import { jpegOf, matroska } from './matroska.js';

const timesOf = (ms: readonly number[], fps = 10): number[] => {
  const clock = new FrameClock(fps);
  return ms.map((time) => Number(clock.next(time).toFixed(6)));
};

describe('the times of frames', () => {
  it.each([
    ['are those of the container', [0, 300, 600, 700], [0, 0.3, 0.6, 0.7]],
    ['begin at 0 wherever the container begins', [5000, 5300, 5400], [0, 0.3, 0.4]],
    ['follow the rate where the container has none', [0, 0, 0], [0, 0.1, 0.2]],
    [
      'go on at the last interval where the container has no more',
      [0, 300, 600, 0, 0],
      [0, 0.3, 0.6, 0.9, 1.2],
    ],
    ['are right again after one that is missing', [0, 300, 0, 900, 1200], [0, 0.3, 0.6, 0.9, 1.2]],
    ['never go back', [0, 300, 0, 400, 700], [0, 0.3, 0.6, 0.6, 0.7]],
    ['go on after a jump back', [1000, 1200, 100, 300], [0, 0.2, 0.4, 0.6]],
    [
      'go on after a jump back behind one that is missing',
      [1000, 1200, 0, 1100, 1300],
      [0, 0.2, 0.4, 0.6, 0.8],
    ],
    ['go on after a jump of more than an hour', [0, 200, 9e6, 9e6 + 300], [0, 0.2, 0.4, 0.7]],
    ['keep a gap of minutes', [0, 200, 600_200], [0, 0.2, 600.2]],
    ['differ where two are the same', [0, 200, 200, 600], [0, 0.2, 0.4, 0.6]],
  ])('%s', (_, ms, times) => expect(timesOf(ms)).toEqual(times));

  it('are asked of the decoder after each frame, of files only', async () => {
    const world = { captures: () => [FRAME, FRAME, FRAME], fps: 10, times: [100, 400, 500] };
    const file = await openCapture(new FakeOpenCv(world), { kind: 'video', path: 'a.mkv' });
    const read = async () => (await file.read())?.t;
    expect([await read(), await read(), await read()].map((t) => t?.toFixed(3))).toEqual([
      '0.000',
      '0.300',
      '0.400',
    ]);
    const stream = await openCapture(new FakeOpenCv(world), { kind: 'stream', url: 'http://host/a' });
    await stream.read();
    expect((await stream.read())?.t).toBeLessThan(0.2);
  });
});

describe('what OpenCV writes', () => {
  it('shows each picture of a video of variable frame rate at its time', needs.openCv, async () => {
    const folder = temporary();
    const cv = loadOpenCv();
    const record = join(folder, 'out.avi');
    const recorder = new VideoRecorder(cv, record, 10, { width: 16, height: 16 });
    const shown = [
      [0, 20],
      [0.3, 80],
      [0.9, 140],
      [1, 200],
    ] as const;
    for (const [t, tone] of shown) {
      recorder.add({ width: 16, height: 16, channels: 3, data: new Uint8Array(768).fill(tone) }, t);
    }
    recorder.close();
    const file = await openCapture(cv, { kind: 'video', path: record });
    const begins = new Map<number, number>();
    for (let frame = await file.read(); frame !== undefined; frame = await file.read()) {
      const tone = Math.round((frame.picture.data[0] as number) / 20) * 20;
      if (!begins.has(tone)) begins.set(tone, Number(frame.t.toFixed(3)));
    }
    file.close();
    expect([...begins]).toEqual(shown.map(([t, tone]) => [tone, t]));
  });
});

describeGpu('a video of variable frame rate', () => {
  it('gives each frame its time in the file, and is recorded at the same length', needs.openCv, async () => {
    const folder = temporary();
    const weights = await untrainedWeights(folder);
    // Ten frames at 0.3 s, then ten at 0.1 s.
    const times = Array.from({ length: 20 }, (_, i) => (i < 10 ? 300 * i : 3000 + 100 * (i - 10)));
    const source = join(folder, 'vfr.mkv');
    const frames = times.map((ms) => ({ ms, picture: jpegOf(64, 48, (ms / 20) & 255) }));
    writeFileSync(source, matroska(frames, 64, 48));
    const record = join(folder, 'out.mkv');
    const watch = ['webcam', '--weights', weights, '--json', '--source'];
    const told = async (path: string, ...rest: string[]): Promise<number[]> => {
      const { code, stdout, stderr } = await runCli([...watch, path, ...rest]);
      expect(code, stderr).toBe(0);
      const lines = parsed<{ type: string; t: number }>(stdout);
      return lines.filter(({ type }) => type === 'frame').map(({ t }) => t);
    };
    expect(await told(source, '--record', record)).toEqual(times.map((ms) => ms / 1000));
    const again = await told(record);
    expect(again.at(-1)).toBeCloseTo(3.9, 1);
  });
});
