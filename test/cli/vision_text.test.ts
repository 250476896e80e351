import { beforeEach, describe, expect, it, vi } from 'vitest';
import { faceJson, facesWords, runLines } from '../../src/cli/vision_lines.js';
import type { Ending } from '../../src/util/endings.js';
import { EXIT } from '../../src/util/errors.js';
import type {
  Command,
  Face,
  FrameMessage,
  Message,
  Summary,
  VisionOptions,
} from '../../src/vision/protocol.js';
import type { SourceInfo } from '../../src/vision/source.js';
import { type Written, written } from '../helpers/printed.js';

/** What `detect` and `webcam` print without a screen, from the messages of a vision process that is a stand-in. */

const stand = vi.hoisted(() => ({
  messages: [] as Message[],
  sent: [] as Command[],
  closed: 0,
  /** Ends the program from outside, as a signal does. */
  end: (_: Ending): void => undefined,
}));
vi.mock('../../src/util/endings.js', async (original) => ({
  ...(await original<object>()),
  onEnding: (act: (ending: Ending) => void) => {
    stand.end = act;
    return () => {
      stand.end = () => undefined;
    };
  },
}));
vi.mock('../../src/vision/process.js', () => ({
  VisionProcess: class {
    constructor(_: VisionOptions, receive: (message: Message) => void) {
      setImmediate(() => {
        for (const message of stand.messages) {
          if (message === SIGTERM) stand.end('sigterm');
          else receive(message);
        }
      });
    }
    send(command: Command): void {
      stand.sent.push(command);
    }
    async close(): Promise<void> {
      stand.closed++;
    }
  },
}));
beforeEach(() => Object.assign(stand, { messages: [], sent: [], closed: 0 }));

/** In a list of messages: the moment of a signal. */
const SIGTERM = {} as Message;
const face: Face = {
  ...{ track: 3, label: 'Dog', probabilities: [0.2, 0.7, 0.1] },
  box: { x: 1.4, y: 2.6, width: 30.2, height: 40.7 },
};
const source: SourceInfo = {
  ...{ kind: 'video', name: 'clip.mp4', width: 640, height: 480, fps: 29.97003, live: false, stills: false },
};
const opened: Message = { type: 'opened', drawn: false, source };
const model: Message = {
  ...{ type: 'model', name: 'net', classes: ['Cat', 'Dog'] },
  weights: [{ weights: 'w.h5', share: 1 }],
};
const frame = (number: number, capture: number): FrameMessage => ({
  ...{ type: 'frame', frame: number, t: number, width: 640, height: 480, faces: [face], leftOut: 0 },
  ...{ ms: { capture, detect: 10 * capture, classify: 1 }, fps: 20, dropped: 0 },
});
const finish: { readonly type: 'ended' } & Summary = {
  type: 'ended',
  ...{ frames: 1234, dropped: 2001, seconds: 50, without: 1, unread: 0, leftOut: 0, labels: { Dog: 3 } },
};

const objects = (lines: string): object[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
/** Of the times of one frame. */
const spread = (capture: number): object => ({
  ...{ capture: { median: capture, p95: capture }, detect: { median: 10 * capture, p95: 10 * capture } },
  classify: { median: 1, p95: 1 },
});

/** What is printed of the messages, and the exit code or the error. */
function ran(
  messages: readonly Message[],
  { json = false, quiet = false, options = {} } = {},
): Promise<Written> {
  stand.messages = [...messages];
  return written(() =>
    runLines(
      { normalise: 'none', tta: 'flip', source: { kind: 'images' }, ...options } as unknown as VisionOptions,
      { json, quiet, color: 'auto' },
      {
        plain: ({ frame, faces, leftOut }) => `${frame}: ${facesWords(faces, leftOut)}`,
        json: ({ frame }, classes) => ({ frame, classes }),
        exit: ({ without }) => (without > 5 ? EXIT.noFace : EXIT.done),
      },
    ),
  );
}

describe('a command without a screen', () => {
  it('prints the source, the model, a line for each frame, and what it came to', async () => {
    const frames = [frame(0, 3), frame(1, 1), frame(2, 2.25)];
    expect(await ran([opened, model, ...frames, finish])).toEqual({
      out: [0, 1, 2].map((i) => `${i}: Dog 70 % at 1,3 30x41\n`).join(''),
      err: `clip.mp4: 640 x 480, 29.97 frames/s
model net: Cat, Dog
1,234 frames in 50.0 s, 24.7 frames/s; 1 frame without a face; 2,001 dropped; median ms: capture 2.3, detect 22.5, classify 1.0
`,
      code: EXIT.done,
    });
    expect(stand).toMatchObject({ closed: 1, sent: [] });
  });

  it('says at the end what was not read, not classified, and where the files are', async () => {
    const end = {
      ...finish,
      unread: 2,
      leftOut: 1,
      record: 'out.mp4',
      csv: 'faces.csv',
      frames: 1,
      without: 6,
    };
    const { err, code } = await ran([end]);
    expect(err).toBe(
      '1 frame in 50.0 s, 0.0 frames/s; 6 frames without a face; 2 images not read; 1 face more than --max-faces, not classified; ' +
        '2,001 dropped; median ms: capture 0.0, detect 0.0, classify 0.0; video out.mp4; faces faces.csv\n',
    );
    expect(code).toBe(EXIT.noFace); // what the command makes of the summary
  });

  it('says what it records, what photos it took, and that boxes are not detected', async () => {
    const drawn = { ...opened, drawn: true, source: { ...source, fps: 0 } };
    const stills = { ...opened, source: { ...source, stills: true } };
    const photo: Message = { type: 'photo', path: 'p\u001b.png' };
    const { err } = await ran([drawn, photo, stills, finish], { options: { record: 'out.mp4' } });
    expect(err.split('\n').slice(0, 5)).toEqual([
      'clip.mp4: 640 x 480; the boxes of these drawn faces are known, not detected',
      ...['● REC out.mp4', '● photo saved: p\\x1b.png', 'clip.mp4: 640 x 480', '● REC out.mp4'],
    ]);
  });

  it('with --quiet says on stderr only which photographs cannot be read', async () => {
    const unread: Message = { type: 'unread', path: 'b.jpg', message: 'b.jpg: not a picture' };
    const note: Message = { type: 'note', text: 'dim' };
    const all = [opened, model, unread, note, finish];
    expect((await ran(all, { quiet: true })).err).toBe('b.jpg: not a picture\n');
    expect((await ran(all)).err).toMatch(/Dog\nb\.jpg: not a picture\ndim\n1,234 frames/);
  });

  it('prints one JSON object for each message', async () => {
    const unread: Message = { type: 'unread', path: 'b.jpg', message: 'b.jpg: not a picture' };
    const note: Message = { type: 'note', text: 'dim' };
    const { out } = await ran([opened, model, frame(4, 3), unread, note, finish], {
      json: true,
      quiet: true,
    });
    const classes = ['Cat', 'Dog'];
    const { type: _, ...totals } = finish;
    expect(objects(out)).toEqual([
      {
        ...{ v: 1, type: 'start', source, drawn: false, normalise: 'none', tta: 'flip' },
        ...{ weights: [{ weights: 'w.h5', share: 1 }], classes },
      },
      { frame: 4, classes },
      { type: 'unread', path: 'b.jpg', message: 'b.jpg: not a picture' },
      { type: 'note', text: 'dim' },
      { type: 'end', status: 'finished', exit: EXIT.done, ...totals, ms: spread(3) },
    ]);
  });

  it('stops the process at a signal, and ends with the exit code of that', async () => {
    const { out, code } = await ran([frame(0, 3), SIGTERM, finish], { json: true });
    expect(stand.sent).toEqual([{ type: 'stop' }]);
    expect(code).toBe(EXIT.terminated);
    expect(objects(out).at(-1)).toMatchObject({ type: 'end', status: 'stopped', exit: EXIT.terminated });
    const failed: Message = { type: 'failed', message: 'stopped', exit: EXIT.run };
    const early = await ran([SIGTERM, failed], { json: true }); // before its first frame
    expect(objects(early.out)).toEqual([{ type: 'end', status: 'stopped', exit: EXIT.terminated }]);
    expect(early.code).toBe(EXIT.terminated);
    expect(await ran([frame(0, 3), SIGTERM, failed])).toMatchObject({ error: { message: 'stopped' } });
  });

  it('fails with the exit code that the process names', async () => {
    const failed: Message = { type: 'failed', message: 'camera 0: gone', exit: EXIT.camera };
    const error = { message: 'camera 0: gone', exitCode: EXIT.camera };
    expect(await ran([failed])).toMatchObject({ out: '', error });
    expect(stand.closed).toBe(1);
    const json = await ran([frame(0, 3), failed], { json: true });
    expect(objects(json.out).slice(1)).toEqual([
      { type: 'error', message: 'camera 0: gone', exit: EXIT.camera },
      { type: 'end', status: 'failed', exit: EXIT.camera, ms: spread(3) },
    ]);
    expect(json.error).toMatchObject(error);
  });
});

describe('the faces of a frame', () => {
  it.each([
    ['No face found', [], 0],
    ['Dog 70 % at 1,3 30x41; Dog 70 % at 1,3 30x41', [face, face], 0],
    ['Dog 70 % at 1,3 30x41; 4 more not classified (--max-faces 1)', [face], 4],
  ])('%s', (words, faces, leftOut) => {
    expect(facesWords(faces, leftOut)).toBe(words);
  });

  it('are named by class in JSON, with boxes in whole pixels', () => {
    const long = { ...face, probabilities: [0.123456, 0.7, 0.1] };
    expect(faceJson(long, ['Cat', 'Dog'])).toEqual({
      ...{ track: 3, label: 'Dog', box: { x: 1, y: 3, width: 30, height: 41 } },
      probabilities: { Cat: 0.1235, Dog: 0.7, '2': 0.1 }, // a class without a name
    });
  });
});
