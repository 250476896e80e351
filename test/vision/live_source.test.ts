import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CameraError, DataError } from '../../src/util/errors.js';
import { openCapture } from '../../src/vision/capture.js';
import { LiveSource } from '../../src/vision/live_source.js';
import type { Frame } from '../../src/vision/source.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { needs } from '../helpers/needs.js';
import { FakeOpenCv, FRAME } from './fake_opencv.js';
import { parsed, temporary, untrainedWeights } from './fixtures.js';
import { type After, mjpegServer } from './mjpeg_server.js';
import { scripted } from './scripted.js';

/** Pauses pass at once, and are counted; those of a second are the tests' own. */
const pauses = vi.hoisted(() => [] as number[]);
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  return {
    ...real,
    setTimeout: async (ms: number) => (ms < 100 ? real.setTimeout(ms) : void pauses.push(ms)),
  };
});

const gone = (n: number) => new CameraError(`camera 0 is gone ${n}`);

describe('a live source', () => {
  /** The source's first connection, then those that are opened after it. */
  const watch = (
    first: readonly (Partial<Frame> | Error)[],
    later: readonly (readonly (Partial<Frame> | Error)[] | Error)[],
    tries = 3,
  ) => {
    const told: string[] = [];
    const open = later[Symbol.iterator]();
    pauses.length = 0;
    const closed: number[] = [];
    const numbered = (reads: readonly (Partial<Frame> | Error)[], n: number) => ({
      ...scripted(reads),
      close: () => void closed.push(n),
    });
    let opened = 0;
    const source = new LiveSource(numbered(first, 0), {
      tries,
      tell: async (text) => void told.push(text),
      open: async () => {
        const next = open.next().value;
        if (next === undefined) throw new Error('opened too often');
        if (next instanceof Error) throw next;
        return numbered(next, ++opened);
      },
    });
    return { source, told, closed };
  };

  it('goes on after new connections; numbers and times too', async () => {
    const { source, told, closed } = watch([{}, {}, gone(1)], [gone(2), [{ t: 0 }, gone(3)], [{ t: 0 }]]);
    const frames = [await source.read(), await source.read(), await source.read(), await source.read()];
    expect(frames.map((frame) => frame?.index)).toEqual([0, 1, 2, 3]);
    const times = frames.map((frame) => frame?.t ?? -1);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(pauses).toEqual([500, 1000, 500]); // a frame makes the count begin again
    expect(told).toEqual([
      'connecting again in 0.5 s (1 of 3): camera 0 is gone 1',
      'connecting again in 1 s (2 of 3): camera 0 is gone 2',
      'camera 0: connected again',
      'connecting again in 0.5 s (1 of 3): camera 0 is gone 3',
      'camera 0: connected again',
    ]);
    expect(closed).toEqual([0, 0, 1]); // before each new connection
  });

  it('is given up after so many tries, ever later ones', async () => {
    const { source } = watch(
      [gone(0)],
      Array.from({ length: 6 }, (_, i) => gone(i + 1)),
      6,
    );
    await expect(source.read()).rejects.toThrow(
      new CameraError('camera 0 is gone 6; gave up after 6 new connections (--reconnect 6)'),
    );
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  });

  it('is given up at once with 0 tries, or when something else is wrong', async () => {
    await expect(watch([gone(0)], [], 0).source.read()).rejects.toThrow(
      'camera 0 is gone 0; it was not connected again',
    );
    await expect(watch([new DataError('bad')], []).source.read()).rejects.toThrow(new DataError('bad'));
    expect(pauses).toEqual([]);
  });

  it('ends when it is closed while it waits', async () => {
    const { source } = watch([gone(0)], []);
    const end = source.read();
    source.close();
    expect(await end).toBeUndefined();
  });
});

describe('a stream', () => {
  const STREAM = { kind: 'stream', url: 'http://host/a' } as const;
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('that says nothing for four seconds has failed, and is let go of when the decoder has answered', async () => {
    vi.useFakeTimers();
    const cv = new FakeOpenCv({ captures: () => [FRAME, FRAME, 'never'] });
    const source = await openCapture(cv, STREAM);
    await source.read();
    await source.read();
    expect(vi.getTimerCount()).toBe(0); // nothing waits for what was answered
    const failed = source.read().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3999);
    expect(await Promise.race([failed, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect(await failed).toEqual(new CameraError('http://host/a has sent nothing for 4 s, after 2 frames'));
    source.close();
    expect(cv.held).toBe(1);
    cv.answer();
    await sleep(1);
    expect(cv.held).toBe(0);
  });

  it.each([
    ['http://host/live.m3u8', 20],
    ['http://host/LIVE.M3U8?token=1', 20],
    ['http://host/live.m3u8.mp4', 4],
  ])('of %s may say nothing for %i s, as HTTP Live Streaming comes in portions', async (url, seconds) => {
    vi.useFakeTimers();
    const cv = new FakeOpenCv({ captures: () => [FRAME, 'never'] });
    const source = await openCapture(cv, { kind: 'stream', url });
    await source.read();
    const failed = source.read().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000 * seconds - 1);
    expect(await Promise.race([failed, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(String(await Promise.race([failed, 'waiting']))).toContain(
      `has sent nothing for ${seconds} s, after 1 frames`,
    );
  });

  it('makes FFmpeg give up on a silent server, unless the environment has options of its own', async () => {
    const NAME = 'OPENCV_FFMPEG_CAPTURE_OPTIONS';
    const told = async (spec: Parameters<typeof openCapture>[1]): Promise<string | undefined> => {
      await openCapture(new FakeOpenCv({ captures: () => [FRAME] }), spec);
      return process.env[NAME];
    };
    vi.stubEnv(NAME, undefined);
    expect(await told({ kind: 'video', path: 'a.mp4' })).toBeUndefined();
    expect(await told(STREAM)).toBe('rtsp_flags;prefer_tcp|timeout;4000000|rw_timeout;4000000'); // microseconds
    vi.stubEnv(NAME, 'rtsp_flags;udp');
    expect(await told(STREAM)).toBe('rtsp_flags;udp');
  });

  it('of known length is a file: it ends, or breaks off', async () => {
    const file = (count: number) =>
      new FakeOpenCv({ captures: () => [FRAME, FRAME], fps: 1, times: [0, 1000], count });
    const whole = await openCapture(file(3), STREAM);
    expect(whole.info).toMatchObject({ live: false, seconds: 3 });
    await whole.read();
    await whole.read();
    expect(await whole.read()).toBeUndefined();
    const broken = await openCapture(file(10), STREAM);
    await broken.read();
    await broken.read();
    await expect(broken.read()).rejects.toThrow('http://host/a: the connection broke off at 1.0 of 10.0 s');
    expect((await openCapture(file(-5), STREAM)).info.live).toBe(true);
  });
});

describeGpu('webcam on a network camera', () => {
  const watch = async (connections: readonly (readonly [number, After])[], ...rest: string[]) => {
    const weights = await untrainedWeights(temporary());
    const server = await mjpegServer(connections);
    try {
      const result = await runCli([
        ...['webcam', '--source', server.url, '--weights', weights, '--json'],
        ...rest,
      ]);
      const lines = parsed(result.stdout);
      return { ...result, lines, frames: lines.filter(({ type }) => type === 'frame') };
    } finally {
      server.close();
    }
  };

  it(
    'that drops the connection, then stalls, then is gone: told, connected again, exit 7',
    needs.openCv,
    async () => {
      const { code, stderr, lines, frames } = await watch(
        [
          [20, 'drop'],
          [20, 'stall'],
        ],
        '--reconnect',
        '1',
      );
      expect(code, stderr).toBe(7);
      expect(stderr).toMatch(
        /connecting again in 0\.5 s \(1 of 1\): .*v\.mjpg stopped sending pictures after \d+ frames/,
      );
      expect(stderr).toContain('v.mjpg: connected again');
      expect(stderr).toMatch(/connecting again in .*v\.mjpg has sent nothing for 4 s, after \d+ frames/);
      expect(stderr).toContain('gave up after 1 new connection (--reconnect 1)');
      expect(lines.at(-1)).toMatchObject({ type: 'end', status: 'failed', exit: 7 });
      const numbers = frames.map(({ frame }) => Number(frame));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(numbers.at(-1)).toBeGreaterThan(25);
      expect(lines.some(({ type, text }) => type === 'note' && /connecting again/.test(String(text)))).toBe(
        true,
      );
    },
  );

  it('that is gone, without a new connection: exit 7 at once', needs.openCv, async () => {
    const { code, stderr } = await watch([[5, 'drop']], '--reconnect', '0');
    expect(code).toBe(7);
    expect(stderr).toContain('it was not connected again (--reconnect 0)');
  });
});
