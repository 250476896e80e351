import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { all, FULL, needs } from '../helpers/needs.js';
import { EMPTY_PNG, framesOf, parsed, temporary, untrainedWeights } from './fixtures.js';

describe('webcam and detect refuse', () => {
  const folder = temporary();
  const empty = join(folder, 'empty.mp4');
  const noise = join(folder, 'noise.mp4');
  writeFileSync(empty, '');
  writeFileSync(noise, Buffer.alloc(5000, 'no video at all '));

  it.each([
    ['a file that is not there', ['webcam', '--source', '/nowhere.mp4'], 7, 'there is no such file'],
    ['an empty file', ['webcam', '--source', empty], 7, 'the file is empty (0 bytes)'],
    ['an option out of range', ['webcam', '--source', 'demo', '--max-faces', '0'], 2, '--max-faces 0'],
    [
      'a video of an unknown kind',
      ['webcam', '--source', 'demo', '--record', 'x.gif'],
      2,
      '.mp4, .mkv, .avi',
    ],
    [
      'weights that are not there',
      ['webcam', '--source', 'demo', '--weights', '/nowhere.h5'],
      5,
      '/nowhere.h5',
    ],
    ['weights that are none', ['webcam', '--source', 'demo', '--weights', noise], 5, 'noise.mp4'],
  ] as const)('%s', async (_, args, code, words) => {
    // --json is one way to say that no screen is wanted; a stdout that is no terminal is the other.
    const { code: exit, stdout, stderr } = await runCli([...args, '--json']);
    expect(stderr).toContain(words);
    expect(exit).toBe(code);
    const lines = parsed<{ type: string; exit: number }>(stdout);
    expect(lines.at(-1)).toMatchObject({ type: 'end', exit: code });
  });

  it('a camera that is not there', all(needs.openCv, needs.linux), async () => {
    const { code, stderr } = await runCli(['webcam', '--source', '97', '--json']);
    expect(code).toBe(7);
    expect(stderr).toContain('camera 97: not found (no /dev/video97)');
  });

  it('a file that is no video, with what the decoder says', needs.openCv, async () => {
    const { code, stderr } = await runCli(['webcam', '--source', noise, '--headless']);
    expect(code).toBe(7);
    expect(stderr).toContain('cannot be read as a video');
  });

  it('an image that is none', needs.openCv, async () => {
    const picture = join(folder, 'broken.jpg');
    writeFileSync(picture, 'not a picture');
    const { code, stderr } = await runCli(['detect', picture]);
    expect(code).toBe(4);
    expect(stderr).toContain('broken.jpg: cannot be read as an image');
  });
});

describeGpu('webcam on drawn faces', () => {
  const folder = temporary();
  let weights = '';
  beforeAll(async () => {
    weights = await untrainedWeights(folder);
  });
  const demo = (...args: string[]) => ['webcam', '--source', 'demo', '--weights', weights, ...args];

  it('--json: names every network of a vote with its share', async () => {
    const both = ['--weights', weights, 'fer-shallow', '--max-frames', '1', '--json'];
    const { stdout } = await runCli(['webcam', '--source', 'demo', ...both]);
    expect(parsed(stdout)[0]).toMatchObject({
      weights: [
        { weights, share: 0.5 },
        { weights: expect.stringMatching(/fer-shallow\.h5$/), share: 0.5 },
      ],
    });
  });

  it('--json: start, a line a frame, end, and nothing else on stdout; twice the same', async () => {
    const { code, stdout } = await runCli(demo('--max-frames', '150', '--json'));
    expect(code).toBe(0);
    const lines = parsed(stdout);
    expect(lines[0]).toMatchObject({ v: 1, type: 'start', drawn: true, weights });
    expect(lines.at(-1)).toMatchObject({ type: 'end', status: 'finished', exit: 0, frames: 150, dropped: 0 });
    const frames = framesOf(stdout);
    expect(frames.map(({ frame }) => frame)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    for (const { found, faces, t, frame } of frames) {
      expect(found).toBe(faces.length > 0);
      expect(t).toBeCloseTo(frame / 15, 3);
      for (const { label, probabilities } of faces) {
        const all = Object.values(probabilities);
        expect(all.reduce((a, b) => a + b)).toBeCloseTo(1, 2);
        expect(probabilities[label]).toBe(Math.max(...all));
      }
    }
    const again = await runCli(demo('--max-frames', '40', '--json'));
    expect(framesOf(again.stdout)).toEqual(frames.slice(0, 40));
  });

  it('lines say "No face found" for an empty frame; SIGINT ends it with 130', async () => {
    let sent = false;
    const { code, stdout } = await runCli(demo('--headless'), {
      onStdout: (_, kill) => {
        if (sent) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(stdout).toMatch(/^frame 0 {2}0\.00 s {2}\w+ \d+ % at 225,199 190x190\n/);
    const empty = await runCli(demo('--headless', '--max-frames', '137'));
    expect(empty.stdout.trimEnd().split('\n').at(-1)).toBe('frame 136  9.07 s  No face found');
  });

  it('--record writes a whole video, --snapshot a photo of each new face', needs.openCv, async () => {
    const video = join(folder, 'out.mp4');
    const photos = join(folder, 'photos');
    const { stderr } = await runCli(
      demo('--max-frames', '50', '--record', video, '--snapshot', photos, '--headless'),
    );
    expect(stderr).toContain(`● REC ${video}`);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(readdirSync(photos).length).toBeGreaterThanOrEqual(1);
    const again = await runCli(['webcam', '--source', video, '--weights', weights, '--json']);
    expect(framesOf(again.stdout)).toHaveLength(50);
    const refused = await runCli(demo('--record', video, '--headless'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the file exists');
  });
});

describeGpu('detect on a folder of all kinds of files', () => {
  const possible = all(needs.openCv, needs.sharp);
  const folder = temporary();
  const place = join(folder, 'mixed');
  const paths = ['a.png', 'b\u001b[31m.gif', 'c.jpg', 'stray'].map((name) => join(place, name));
  const [png, gif, cut, stray] = paths as [string, string, string, string];
  let weights = '';
  beforeAll(async () => {
    weights = await untrainedWeights(folder);
    mkdirSync(join(place, 'inner'), { recursive: true });
    const files = {
      [png]: EMPTY_PNG,
      [gif]: RED_GIF,
      [cut]: EMPTY_PNG.subarray(0, 40),
      [stray]: 'no picture',
    };
    for (const [path, bytes] of Object.entries(files)) writeFileSync(path, bytes);
    writeFileSync(join(place, 'list.csv'), 'a,b');
  });

  const lines = [
    ['detect', 4],
    ['predict --detect --skip-bad', 0],
    ['detect --skip-bad', 0],
    ['predict --detect', 4],
  ] as const;
  it.each(FULL ? lines : lines.slice(0, 2))(
    '%s reads what it can, and names the rest',
    possible,
    async (line, exit) => {
      const args = [...line.split(' '), place, '--weights', weights];
      const { code, stdout, stderr } = await runCli(args);
      expect(code).toBe(exit);
      expect(stdout).toBe(`${png}: No face found\n${place}/b\\x1b[31m.gif: No face found\n`);
      expect(stderr).toContain(`${cut}: the PNG picture is cut off or damaged`);
      expect(stderr).toContain(`${stray}: cannot be read as an image`);
      expect(stderr).toContain(`${place}: not read: 1 folder, the first: inner\n`);
      expect(stderr).toContain(`${place}: not read: 1 text or table, the first: list.csv\n`);
      expect(stderr).toContain('; 2 images not read;');
      const lines = parsed((await runCli([...args, '--json'])).stdout);
      expect(lines.map(({ type }) => type)).toEqual([
        'start',
        'note',
        'note',
        'image',
        'image',
        'unread',
        'unread',
        'end',
      ]);
      expect(lines.slice(3, 7).map(({ path }) => path)).toEqual(paths);
      expect(lines[5]?.['message']).toContain(`${cut}: the PNG picture is cut off`);
      expect(lines.at(-1)).toMatchObject({ frames: 2, unread: 2, exit });
    },
  );
});

/** One red pixel. */
const RED_GIF = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');
