import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { CameraError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { DemoSource } from '../../src/vision/demo.js';
import { NewestFrames } from '../../src/vision/newest_frames.js';
import type { FaceClassifier } from '../../src/vision/pipeline.js';
import { inFakeTime } from './fake_time.js';
import { CLASSIFIER, FACE, run, scripted } from './scripted.js';

vi.mock('node:timers/promises', () => import('./fake_time.js'));

describe('the pipeline', () => {
  it('every frame in order: boxes, labels, probabilities, one number a face', async () => {
    const { frames, summary } = await run(scripted([{}, {}, {}]), [FACE]);
    expect(frames.map(({ frame }) => frame)).toEqual([0, 1, 2]);
    for (const { faces } of frames) {
      expect(faces).toHaveLength(1);
      expect(faces[0]).toMatchObject({ track: 1, box: FACE, label: 'B' });
      expect(faces[0]?.probabilities[1]).toBeCloseTo(0.7, 6);
    }
    expect(summary).toMatchObject({ frames: 3, dropped: 0, without: 0, labels: { B: 3 } });
  });

  it.each([
    [undefined, [48, 48]],
    [
      [8, 5],
      [8, 5],
    ],
  ] as const)('crops straight to what the classifier takes: %j', async (inputSize, [height, width]) => {
    const picture = { width: 64, height: 48, channels: 1 as const, data: new Uint8Array(64 * 48) };
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = (i % 2) * 200; // stripes of one pixel
    const seen: [number, number, number][] = [];
    const values = new Set<number>();
    const classifier: FaceClassifier = {
      ...{ ...CLASSIFIER, ...(inputSize && { inputSize }) },
      classify: async (faces, count, high, wide) => {
        seen.push([faces.length / count, high, wide]);
        for (const value of faces) values.add(value);
        return Float32Array.of(0.1, 0.7, 0.2);
      },
    };
    await run(scripted([{ picture }]), [FACE], { classifier, margin: 0 });
    expect(seen).toEqual([[height * width, height, width]]);
    // Each the mean of 4 x 2.5 pixels, or enlarged.
    expect([...values].sort((a, b) => a - b)).toEqual(inputSize ? [100] : expect.arrayContaining([0, 200]));
  });

  it('no face is no face, and is counted', async () => {
    const { frames, summary } = await run(scripted([{}, {}]), []);
    expect(frames.map(({ faces }) => faces)).toEqual([[], []]);
    expect(summary).toMatchObject({ without: 2, labels: {} });
  });

  it('classifies the first faces only, as many as --max-faces, and stops after --max-frames', async () => {
    const small = { ...FACE, width: 8, height: 8 };
    const { frames, summary } = await run(scripted([{}, {}, {}]), [FACE, small], {
      maxFaces: 1,
      maxFrames: 2,
    });
    expect(frames).toHaveLength(2);
    expect(frames[0]?.faces.map(({ box }) => box)).toEqual([FACE]);
    expect(frames.map(({ leftOut }) => leftOut)).toEqual([1, 1]);
    expect(summary.leftOut).toBe(2);
  });

  it('classifies five faces of a video frame, and all of a photograph, unless told otherwise', async () => {
    const seven = Array.from({ length: 7 }, (_, i) => ({ ...FACE, x: 2 * i }));
    const video = await run(scripted([{}]), seven);
    expect([video.frames[0]?.faces.length, video.frames[0]?.leftOut]).toEqual([5, 2]);
    const photograph = await run(scripted([{}], { stills: true, live: false }), seven);
    expect([photograph.frames[0]?.faces.length, photograph.frames[0]?.leftOut]).toEqual([7, 0]);
  });

  it('says once that a live source is black, after two seconds of nothing else', async () => {
    const frame = (t: number, tone: number, lamp = 0) => {
      const data = new Uint8Array(64 * 48).map((_, i) => (i < lamp ? 255 : tone + (i % 3)));
      return { t, picture: { width: 64, height: 48, channels: 1 as const, data } };
    };
    const told = async (frames: ReturnType<typeof frame>[], live = true) => {
      const { messages } = await run(scripted(frames, { live }), []);
      return messages.flatMap((message) => (message.type === 'note' ? [message.text] : []));
    };
    const dark = [0, 1, 2, 3, 4, 5].map((t) => frame(t, 16));
    const hint = 'only black pictures arrive: lens covered, room dark, or no permission? (camera 0)';
    expect(await told(dark)).toEqual([hint]);
    expect(await told(dark, false)).toEqual([]); // a film may be
    expect(await told(dark.slice(0, 2))).toEqual([]);
    expect(await told([frame(0, 0), frame(1, 60), frame(2, 0), frame(3, 0)])).toEqual([]);
    expect(await told([0, 1, 2, 3].map((t) => frame(t, 10, 40)))).toEqual([]); // a lamp
    expect(await told([frame(0, 60), frame(1, 0), frame(3, 0)])).toHaveLength(1); // covered later
    // Black is below 28, of 995 pixels in 1000, of which every seventh is looked at.
    expect(await told([frame(0, 25), frame(2, 25)])).toEqual([hint]);
    expect(await told([frame(0, 26), frame(2, 26)])).toEqual([]);
    expect(await told([frame(0, 10, 14), frame(2, 10, 14)])).toEqual([hint]);
    expect(await told([frame(0, 10, 15), frame(2, 10, 15)])).toEqual([]);
    expect(await told([frame(0, 10), frame(1.9, 10)])).toEqual([]);
  });

  it('analyses every third frame', async () => {
    const reads = Array.from({ length: 8 }, () => ({}));
    const ordered = await run(scripted(reads), [FACE], { every: 3 });
    expect(ordered.frames.map(({ frame }) => frame)).toEqual([0, 3, 6]);
    const live = await run(scripted(reads, {}, 20), [FACE], { every: 3, pace: 'live' });
    expect(live.frames.map(({ frame }) => frame)).toEqual([0, 3, 6]);
    expect(live.summary.dropped).toBe(0);
  });

  it('finds faces in a region only; their boxes are those of the frame', async () => {
    const region = { x: 20, y: 10, width: 30, height: 100 };
    const sizes: number[][] = [];
    const detect = async ({ width, height }: Picture) => {
      sizes.push([width, height]);
      return [FACE];
    };
    const { frames } = await run(scripted([{}]), [], { region, detect });
    expect(sizes).toEqual([[30, 38]]); // the part of it that lies in the frame of 64 x 48
    expect(frames[0]?.faces[0]?.box).toEqual({ ...FACE, x: FACE.x + 20, y: FACE.y + 10 });
    const known = [
      { ...FACE, x: 5 },
      { ...FACE, x: 30, y: 20 },
    ];
    const drawn = await run(scripted([{ known }]), [], { region });
    expect(drawn.frames[0]?.faces.map(({ box }) => box)).toEqual([known[1]]);
    const outside = run(scripted([{}]), [], { region: { ...region, x: 64 } });
    await expect(outside).rejects.toThrow('--roi 64,10,30,100: outside of the frame of 64 x 48');
  });

  it('mirrors picture and known boxes alike', async () => {
    const source = scripted([{ known: [FACE] }]);
    const { frames } = await run(source, [], { mirror: true });
    expect(frames[0]?.faces[0]?.box).toEqual({ ...FACE, x: 64 - 10 - 20 });
  });

  it('a camera that is unplugged ends it with its own message', async () => {
    const unplugged = new CameraError('camera 0 was unplugged after 2 frames; plug it in again');
    for (const pace of ['ordered', 'live'] as const) {
      const attempt = run(scripted([{}, {}, unplugged], {}, 20), [FACE], { pace });
      await expect(attempt).rejects.toThrow('camera 0 was unplugged after 2 frames');
    }
  });

  it('a frame size that changes is reported once, and tracking starts again', async () => {
    const large = { width: 128, height: 96, channels: 3 as const, data: new Uint8Array(128 * 96 * 3) };
    const { messages, frames } = await run(scripted([{}, { picture: large }, { picture: large }]), [FACE]);
    const notes = messages.flatMap((message) => (message.type === 'note' ? [message.text] : []));
    expect(notes).toEqual(['the frame size changed from 64 x 48 to 128 x 96; tracking starts again']);
    expect(frames.map(({ faces }) => faces[0]?.track)).toEqual([1, 2, 2]);
    expect(frames[2]).toMatchObject({ width: 128, height: 96 });
  });

  it('live: whoever is slow gets the newest frame; the others are dropped and counted', async () => {
    const source = scripted(new Array(20).fill({}), {}, 5);
    let read = 0;
    const counted = { ...source, read: () => source.read().finally(() => read++) };
    const newest = new NewestFrames(counted);
    const seen: number[] = [];
    for (let next = await newest.take(); next !== undefined; next = await newest.take()) {
      seen.push(next.frame.index);
      // Slow: three more frames come meanwhile, as far as there are any.
      const enough = Math.min(next.frame.index + 4, 20);
      while (read < enough) await sleep(1);
    }
    expect(seen.length).toBeLessThan(12);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length + newest.dropped).toBe(20);
  });

  it('live: what is held is not counted as dropped where it is live, and stands still where it is a file', async () => {
    const taken = (live: boolean) =>
      inFakeTime(async () => {
        const newest = new NewestFrames(scripted(new Array(200).fill({}), { live }, 2));
        const first = await newest.take();
        newest.hold(true);
        await sleep(210);
        const { dropped } = newest;
        newest.hold(false);
        const [second, third] = [await newest.take(), await newest.take()];
        newest.stop();
        await newest.take(); // what had been read
        expect(await newest.take()).toBeUndefined();
        return { dropped, frames: [first, second, third].map((timed) => timed?.frame.index) };
      });
    expect(await taken(true)).toEqual({ dropped: 0, frames: [0, 104, 105] });
    expect(await taken(false)).toEqual({ dropped: 0, frames: [0, 1, 2] });
  });

  it('live: a stop ends a wait, and an error comes once what was read has been taken', async () => {
    const silent = new NewestFrames({ ...scripted([]), read: () => new Promise(() => undefined) });
    const waiting = silent.take();
    silent.stop();
    expect(await waiting).toBeUndefined();
    const broken = new NewestFrames(scripted([{}, new Error('gone')]));
    await sleep(20);
    expect((await broken.take())?.frame.index).toBe(0);
    await expect(broken.take()).rejects.toThrow('gone');
    await expect(broken.take()).rejects.toThrow('gone');
  });

  it('live: tells how long a frame took to get', async () => {
    await inFakeTime(async () => {
      const newest = new NewestFrames(scripted([{}, {}], {}, 40));
      expect((await newest.take())?.ms).toBe(40);
      newest.stop();
    });
  });

  it('live: a file plays at its own speed', async () => {
    await inFakeTime(async () => {
      const begin = performance.now();
      const shown: number[] = [];
      await run(scripted(new Array(5).fill({}), { live: false }), [], { pace: 'live' }, () => {
        shown.push(performance.now() - begin);
      });
      expect(shown).toEqual([0, 100, 200, 300, 400]);
    });
  });

  it('freezing holds it, thawing goes on, and a stop ends it while frozen', async () => {
    const source = scripted(new Array(100).fill({}), {}, 2);
    await inFakeTime(async () => {
      const begin = performance.now();
      const shown: number[] = [];
      await run(source, [], { pace: 'live' }, (message, pipeline) => {
        if (message.type !== 'frame' || shown.push(performance.now() - begin) > 1) return;
        pipeline.freeze(true);
        setTimeout(() => pipeline.freeze(false), 59);
        setTimeout(() => pipeline.freeze(true), 69);
        setTimeout(() => pipeline.stop(), 119);
      });
      expect(shown).toEqual([2, 61, 62, 64, 66, 68, 70, 72]); // the last was waited for already
      expect(performance.now() - begin).toBeCloseTo(121, 0);
    });
  });

  it('writes nothing unless asked; a photo has boxes and is a PNG', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fer-tui-photo-'));
    const kept = join(folder, 'kept');
    await run(new DemoSource(), [], { maxFrames: 2 });
    expect(existsSync(kept)).toBe(false);
    const { messages } = await run(new DemoSource(), [], {
      maxFrames: 5,
      snapshots: kept,
      snapshotFaces: true,
    });
    const photos = messages.flatMap((message) => (message.type === 'photo' ? [message.path] : []));
    expect(photos).toHaveLength(1);
    expect(readdirSync(kept).map((name) => join(kept, name))).toEqual(photos);
    expect(photos[0]).toMatch(/fer-tui-.*-000000\.png$/);
  });
});
