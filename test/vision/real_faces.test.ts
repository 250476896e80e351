import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { all, FULL, needs } from '../helpers/needs.js';
import {
  composeVideos,
  EMPTY_PNG,
  type FrameLine,
  framesOf,
  temporary,
  untrainedWeights,
} from './fixtures.js';
import { score } from './score.mjs';

describeGpu('webcam on videos of real faces', () => {
  const possible = all(needs.openCv, needs.realFaces);
  const folder = temporary();
  let weights = '';
  beforeAll(async () => {
    if (possible.skip) return;
    weights = await untrainedWeights(folder);
    composeVideos(folder, ['one', 'none', 'visit', ...(FULL ? ['three', 'small_dark'] : [])]);
  });
  const watch = async (name: string, ...args: string[]) => {
    const source = join(folder, `${name}.mp4`);
    const { code, stdout } = await runCli([
      'webcam',
      '--source',
      source,
      '--weights',
      weights,
      '--json',
      ...args,
    ]);
    expect(code).toBe(0);
    const truth = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    const frames = framesOf(stdout);
    expect(frames).toHaveLength(truth.frames.length);
    return {
      frames,
      truth,
      ...score(
        frames.map(({ faces }) => faces),
        truth,
      ),
    };
  };

  /** A little below what was measured (docs/results.md); another decoder moves a box or two. */
  const videos = [
    { name: 'one', least: 0.78, right: 0.9, needed: possible },
    { name: 'three', least: 0.78, right: 0.92, needed: all(possible, needs.full) },
    { name: 'small_dark', least: 0.68, right: 0.95, needed: all(possible, needs.full) },
  ];
  for (const { name, least, right, needed } of videos) {
    it(
      `${name}: finds at least ${least} of the faces; ${right} of what it finds are faces`,
      needed,
      async () => {
        const { recall, precision, faces, hits, extra } = await watch(name);
        console.log(`${name}: ${hits} of ${faces} faces found, ${extra} that are none`);
        expect(recall).toBeGreaterThanOrEqual(least);
        expect(precision).toBeGreaterThanOrEqual(right);
      },
    );
  }

  it('an empty room: never a face', possible, async () => {
    const { frames } = await watch('none');
    expect(frames.filter(({ found }) => found)).toEqual([]);
  });

  it('a visit: nobody, then one face with one number, then nobody', possible, async () => {
    const { frames, truth, recall } = await watch('visit');
    expect(recall).toBeGreaterThan(0.9);
    frames.forEach(({ found }, i) => {
      if (truth.frames[i].faces.length === 0) expect(found, `frame ${i}`).toBe(false);
    });
    const numbers = new Set(frames.flatMap(({ faces }) => faces.map(({ track }) => track)));
    expect(numbers.size).toBeLessThanOrEqual(2);
  });

  it(
    'other settings find other faces: eyes drop some, a larger least size the small ones',
    all(possible, needs.full),
    async () => {
      const plain = await watch('small_dark');
      const eyes = await watch('small_dark', '--eyes');
      const large = await watch('small_dark', '--min-face', '120');
      const count = (frames: FrameLine[]): number => frames.reduce((sum, { faces }) => sum + faces.length, 0);
      expect(count(eyes.frames)).toBeLessThan(count(plain.frames));
      const sizes = large.frames.flatMap(({ faces }) => faces.map(({ box }) => box.width));
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(118);
    },
  );

  it('detect: stills, annotated, and exit 9 where a face is required', possible, async () => {
    const out = join(folder, 'annotated');
    const photo = join(folder, 'photo.png');
    const { stdout: made } = await runCli([
      ...['webcam', '--source', join(folder, 'visit.mp4'), '--weights', weights, '--headless'],
      ...['--max-frames', '40', '--snapshot', folder],
    ]);
    expect(made).toContain('No face found');
    const name = readdirSync(folder).find((file) => /^fer-tui-.*\.png$/.test(file)) as string;
    const { code, stdout } = await runCli(['detect', join(folder, name), '--weights', weights, '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ % at \d+,\d+ \d+x\d+ -> /);
    expect(existsSync(join(out, name))).toBe(true);
    const predicted = await runCli(['predict', join(folder, name), '--detect', '--weights', weights]);
    expect(predicted).toMatchObject({ code: 0, stdout: stdout.replace(/ -> .*/, '') });
    writeFileSync(photo, EMPTY_PNG);
    const none = await runCli(['detect', photo, '--weights', weights, '--require-face']);
    expect(none.stdout).toBe(`${photo}: No face found\n`);
    expect(none.code).toBe(9);
  });
});
