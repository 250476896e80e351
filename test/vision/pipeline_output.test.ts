import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PNG } from 'pngjs';
import { describe, expect, it, vi } from 'vitest';
import { DataError, RunError } from '../../src/util/errors.js';
import { inColor, type Picture, toGray } from '../../src/util/picture.js';
import { grow } from '../../src/vision/geometry.js';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import { annotated } from '../../src/vision/overlay.js';
import { type FaceClassifier, Pipeline } from '../../src/vision/pipeline.js';
import { cropFace, mirrored, pasted, shrunk } from '../../src/vision/pixels.js';
import { type FrameSource, UnreadError } from '../../src/vision/source.js';
import { VideoRecorder } from '../../src/vision/video_recorder.js';
import { FakeOpenCv } from './fake_opencv.js';
import { inFakeTime } from './fake_time.js';
import { CLASSIFIER, FACE, picture, run, scripted } from './scripted.js';

vi.mock('node:timers/promises', () => import('./fake_time.js'));

const folder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-output-'));
/** The pixels of a PNG, without alpha. */
function pixelsOf(path: string): number[] {
  const { data } = PNG.sync.read(readFileSync(path));
  return [...data].filter((_, i) => i % 4 !== 3);
}
const CAPTION = 'B 70 %';

/** Says 1 of the first class, then 1 of the second from the next frame on. */
function changing(): FaceClassifier {
  let calls = 0;
  const classify = async () => (calls++ === 0 ? Float32Array.of(1, 0) : Float32Array.of(0, 1));
  return { classes: ['A', 'B'], classify };
}

describe('smoothing', () => {
  it.each([0, 0.4, 2])('has the time constant %d', async (smoothing) => {
    const { frames, summary } = await run(scripted([{}, {}]), [FACE], { classifier: changing(), smoothing });
    const left = smoothing === 0 ? 0 : Math.exp(-0.1 / smoothing); // frames are a tenth of a second apart
    expect(frames[1]?.faces[0]?.probabilities[0]).toBeCloseTo(left, 5);
    expect(summary.labels).toEqual(left > 0.5 ? { A: 2 } : { A: 1, B: 1 });
  });

  it('can be changed while it runs, and another classifier begins anew', async () => {
    const steered = async (steer: (pipeline: Pipeline) => void) => {
      const rest = { classifier: changing(), smoothing: 2 };
      const { frames } = await run(scripted([{}, {}]), [FACE], rest, (message, pipeline) => {
        if (message.type === 'frame' && message.frame === 0) steer(pipeline);
      });
      return frames[1]?.faces[0];
    };
    const unsmoothed = await steered((pipeline) => {
      pipeline.smoothing = 0;
    });
    expect(unsmoothed?.probabilities).toEqual([0, 1]);
    const other = await steered((pipeline) => {
      pipeline.classifier = { ...CLASSIFIER, classes: ['X', 'Y', 'Z'] };
    });
    expect([other?.label, other?.track]).toEqual(['Y', 2]);
  });

  it('is none in photographs: each stands for itself, however it is set', async () => {
    const source = scripted([{ path: 'a.png' }, { path: 'b.png' }], { stills: true, live: false });
    const { frames } = await run(source, [FACE], { classifier: changing(), smoothing: 9 }, (_, pipeline) => {
      pipeline.smoothing = 9;
    });
    expect(frames.map(({ faces }) => faces[0]?.probabilities)).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(frames.map(({ path }) => path)).toEqual(['a.png', 'b.png']);
    expect(frames.map(({ faces }) => faces[0]?.track)).toEqual([1, 2]);
  });
});

describe('what is told of a frame', () => {
  it('is its size and time, and its picture and inputs where there is somebody to see them', async () => {
    const source = scripted([{ picture }, { picture }], {}, 50);
    const { frames } = await inFakeTime(() => run(source, [FACE], { view: { width: 32, height: 20 } }));
    expect(frames[1]).toMatchObject({ frame: 1, t: 0.1, width: 64, height: 48, dropped: 0 });
    expect(frames[0]?.picture).toEqual(shrunk(picture, 32, 20));
    const gray = toGray(picture);
    expect(frames[0]?.inputs).toEqual([cropFace(gray, FACE, VISION_DEFAULTS.margin, 48)]);
    expect(frames.map(({ fps }) => fps)).toEqual([0, 20]);
    const [plain] = (await run(scripted([{ picture }]), [FACE])).frames;
    for (const key of ['picture', 'inputs', 'path', 'written']) expect(plain).not.toHaveProperty(key);
  });

  it('has what speaks for the label of each face over its input, and the time that took', async () => {
    const asked: [number, Picture][] = [];
    const over = async (face: Picture, label: number): Promise<Picture> => {
      asked.push([label, face]);
      await sleep(20);
      return inColor(face);
    };
    const view = { width: 32, height: 20 };
    const source = scripted([{ picture }, { picture }, { picture }]);
    const { frames } = await inFakeTime(() =>
      run(source, [FACE], { view }, (_, pipeline) => {
        pipeline.explainer = asked.length === 0 ? { over } : undefined;
      }),
    );
    const input = cropFace(toGray(picture), FACE, VISION_DEFAULTS.margin, 48);
    expect(frames.map(({ inputs }) => inputs)).toEqual([[input], [inColor(input)], [input]]);
    const whole = pasted(picture, inColor(input), grow(FACE, VISION_DEFAULTS.margin));
    expect(frames[1]?.picture).toEqual(shrunk(whole, 32, 20));
    expect(frames[2]?.picture).toEqual(shrunk(picture, 32, 20));
    expect(asked).toEqual([[1, input]]);
    expect(frames[1]?.heatMs).toBe(20);
    expect(frames[2]).not.toHaveProperty('heatMs');
  });

  it('has the time that each part took', async () => {
    const detect = async () => {
      await sleep(10);
      return [FACE];
    };
    const classify: FaceClassifier['classify'] = async () => {
      await sleep(60);
      return Float32Array.of(1, 0, 0);
    };
    const rest = { detect, classifier: { ...CLASSIFIER, classify } };
    const { frames, summary } = await inFakeTime(() => run(scripted([{}], {}, 30), [], rest));
    expect(frames[0]?.ms).toEqual({ capture: 30, detect: 10, classify: 60 });
    expect(summary.seconds).toBe(0.13); // with the read that finds the end
  });

  it('sorts known boxes by size and mirrors them; takes the first of --max-faces', async () => {
    const known = [{ x: 0, y: 0, width: 5, height: 5 }, FACE, { x: 50, y: 1, width: 9, height: 9 }];
    const { frames } = await run(scripted([{ known }]), [], { maxFaces: 2, mirror: true });
    expect(frames[0]?.faces.map(({ box: { x } }) => x)).toEqual([34, 5]);
  });
});

describe('what is written', () => {
  it('is nothing where nothing is asked for', async () => {
    const where = folder();
    const { messages } = await run(scripted([{ path: join(where, 'a.png'), picture }]), [FACE], {
      snapshots: join(where, 'photos'),
    });
    expect(messages.map(({ type }) => type)).toEqual(['frame']);
    expect(readdirSync(where)).toEqual([]);
  });

  it('is the annotated still under its name, in a folder or as one file', async () => {
    const where = join(folder(), 'out');
    const paths = ['x/a.JPG', 'x/b.webp', 'x/c.png'];
    const source = scripted(
      paths.map((path) => ({ path, picture })),
      { stills: true, live: false },
    );
    const { frames } = await run(source, [FACE], { out: { folder: where } });
    const names = ['a.JPG', 'b.png', 'c.png'];
    expect(frames.map(({ written }) => written)).toEqual(names.map((name) => join(where, name)));
    expect(readdirSync(where).sort()).toEqual(names);
    const wanted = [...annotated(picture, [{ box: FACE, text: CAPTION }]).data];
    expect(pixelsOf(join(where, 'c.png'))).toEqual(wanted);
    const file = join(where, 'one.png');
    await run(scripted([{ path: 'x/a.jpg', picture }]), [FACE], { out: { file } });
    expect(pixelsOf(file)).toEqual(wanted);
    await run(scripted([{ picture }]), [FACE], { out: { file: join(where, 'none.png') } });
    expect(existsSync(join(where, 'none.png'))).toBe(false); // not a still
  });

  it('is the annotated video, at the times of its frames', async () => {
    const cv = new FakeOpenCv();
    const path = join(folder(), 'out.avi');
    const recorder = new VideoRecorder(cv, path, 10, { width: 64, height: 48 });
    const { summary } = await run(scripted([{ picture }, { picture, t: 0.3 }]), [FACE], {
      recorder,
      record: path,
    });
    const [first, ...more] = cv.written[0]?.frames ?? [];
    expect(more).toHaveLength(3);
    const { data } = annotated(picture, [{ box: FACE, text: CAPTION }]);
    for (let i = 0; i < data.length; i += 3) {
      expect([first?.[i], first?.[i + 1], first?.[i + 2]]).toEqual([data[i + 2], data[i + 1], data[i]]);
      if (i > 3000) break;
    }
    expect(summary.record).toBe(path);
    expect(existsSync(path)).toBe(true);
    expect(cv.held).toBe(0);
  });

  it('is complete also where the source fails: video and table are closed, once each', async () => {
    const closed: string[] = [];
    const recorder = { add: () => undefined, close: () => closed.push('video') } as never;
    const table = { add: () => undefined, close: () => void closed.push('table') };
    await run(scripted([{ picture }]), [FACE], { recorder, table });
    await expect(
      run(scripted([{ picture }, new Error('gone')]), [FACE], { recorder, table }),
    ).rejects.toThrow('gone');
    expect(closed).toEqual(['video', 'table', 'video', 'table']);
    // The totals name only what was written.
    const names = { record: 'a.mp4', csv: 'a.csv' };
    expect((await run(scripted([{}]), [], { recorder, table, ...names })).summary).toMatchObject(names);
    const { summary } = await run(scripted([{}]), [], names);
    expect([summary.record, summary.csv]).toEqual([undefined, undefined]);
  });

  it('is a photo of each face that is new, with its box and label, told by its path', async () => {
    const where = join(folder(), 'photos');
    const far = { ...FACE, x: 40, y: 25 };
    const reads = [
      { known: [FACE] },
      { known: [FACE] },
      { known: [FACE, far] },
      { known: [] },
      { known: [far] },
    ];
    const { messages } = await run(scripted(reads.map((read) => ({ ...read, picture }))), [], {
      ...{ snapshots: where, snapshotFaces: true },
    });
    const photos = messages.flatMap((message) => (message.type === 'photo' ? [message.path] : []));
    expect(photos).toHaveLength(2);
    expect(photos[0]).toMatch(/fer-tui-\d{4}-\d{2}-\d{2}T\d{6}-000000\.png$/);
    expect(photos[1]).toMatch(/-000002\.png$/);
    expect(pixelsOf(photos[0] as string)).toEqual([
      ...annotated(picture, [{ box: FACE, text: CAPTION }]).data,
    ]);
    expect(messages.findIndex(({ type }) => type === 'photo')).toBe(0); // before its frame
  });

  it('is a photo when it is asked for, of what is shown; before the first frame there is none', async () => {
    const parts = { source: scripted([]), detector: undefined, classifier: CLASSIFIER, recorder: undefined };
    const options = visionOptions('demo', VISION_DEFAULTS, { pace: 'ordered' });
    expect(new Pipeline(parts, options, async () => undefined).photo(folder())).toBeUndefined();
    const where = folder();
    const paths: (string | undefined)[] = [];
    await run(scripted([{ picture }, {}]), [FACE], { mirror: true }, (message, pipeline) => {
      if (message.type === 'frame') paths.push(pipeline.photo(where));
    });
    expect(pixelsOf(paths[0] as string)).toEqual([
      ...annotated(mirrored(picture), [{ box: FACE, text: CAPTION }]).data,
    ]);
    expect(readdirSync(where)).toHaveLength(2);
  });

  it('where that cannot be is a run error that names the file', async () => {
    const blocked = join(folder(), 'file');
    writeFileSync(blocked, '');
    const source = () => scripted([{ path: 'a.png', picture }]);
    const attempt = run(source(), [FACE], { out: { folder: join(blocked, 'out') } });
    await expect(attempt).rejects.toThrow(RunError);
    await expect(run(source(), [FACE], { out: { folder: join(blocked, 'out') } })).rejects.toThrow(
      `cannot write ${join(blocked, 'out', 'a.png')}`,
    );
  });
});

describe('a frame size that changes', () => {
  const large = { width: 64, height: 50, channels: 3 as const, data: new Uint8Array(64 * 50 * 3) };

  it('is told for width and height, with a word on the video; not between photographs', async () => {
    const notes = async (rest: object, info = {}) => {
      const reads = [{ path: 'a.png' }, { path: 'b.png', picture: large }];
      const { messages } = await run(scripted(reads, info), [FACE], rest);
      return messages.flatMap((message) => (message.type === 'note' ? [message.text] : []));
    };
    const words = 'the frame size changed from 64 x 48 to 64 x 50; tracking starts again';
    expect(await notes({})).toEqual([words]);
    const recorder = new VideoRecorder(new FakeOpenCv(), join(folder(), 'a.avi'), 10, {
      width: 64,
      height: 48,
    });
    expect(await notes({ recorder })).toEqual([`${words}; the recorded video keeps the old size`]);
    expect(await notes({}, { stills: true, live: false })).toEqual([]);
  });
});

describe('photographs on a screen', () => {
  it('are shown for a second each', async () => {
    await inFakeTime(async () => {
      const source = scripted([{}, {}], { stills: true, live: false });
      const begin = performance.now();
      const { frames } = await run(source, [], { pace: 'live' });
      expect(frames).toHaveLength(2);
      expect(performance.now() - begin).toBe(2000);
    });
  });
});

describe('photographs that cannot be read', () => {
  const bad = (path: string) => new UnreadError(path, new DataError(`${path}: broken`));

  it('are told and counted, and the next ones follow; notes of the source come first', async () => {
    const reads = [bad('a.png'), { path: 'b.png' }, bad('c.png'), bad('d.png'), { path: 'e.png' }, undefined];
    const source: FrameSource = {
      ...{ info: scripted([], { stills: true, live: false }).info, notes: ['a folder is not read'] },
      read: () => scripted([reads.shift()]).read(),
      close: () => undefined,
    };
    const { messages, summary } = await run(source, [FACE]);
    expect(
      messages.map((message) => {
        if (message.type === 'note') return message.text;
        return message.type === 'unread' ? [message.path, message.message] : message.type;
      }),
    ).toEqual([
      'a folder is not read',
      ['a.png', 'a.png: broken'],
      'frame',
      ['c.png', 'c.png: broken'],
      ['d.png', 'd.png: broken'],
      'frame',
    ]);
    expect(summary).toMatchObject({ frames: 2, unread: 3 });
  });

  it('are nothing but photographs: other errors end the run', async () => {
    await expect(run(scripted([new DataError('gone')]), [FACE])).rejects.toThrow('gone');
  });
});
