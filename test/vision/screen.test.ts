import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeGpu } from '../helpers/gpu.js';
import { all, needs } from '../helpers/needs.js';
import { expectRestored, openTerminal } from '../helpers/terminal.js';
import { TerminalImages } from '../helpers/terminal_images.js';
import { composeVideos, temporary, untrainedWeights } from './fixtures.js';

const folder = temporary();
const possible = all(needs.openCv, needs.realFaces);
let weights = '';

/** `fer-tui webcam` in a terminal. */
const watch = (source: string, ...rest: string[]) =>
  openTerminal(['webcam', '--source', source, '--weights', weights, ...rest].join(' '));

describeGpu('webcam in a real terminal', () => {
  beforeAll(async () => {
    weights = await untrainedWeights(folder);
    if (!possible.skip) composeVideos(folder, ['visit']);
  });

  it('drawn faces: picture, bars, freeze, mirror, smoothing, photo, another source, quit', async () => {
    const { t, cwd } = watch('demo');
    await t.waitFor('● demo · drawn faces, not detected');
    await t.waitFor(/Happy +\S* +\d+ %/);
    await t.waitFor(/│ 1 face|│ 2 faces/);
    expect(t.text()).toContain('▀▀▀▀');
    await t.waitFor(/ms: grab \d+ face \d+ net \d+/); // a moment later: fps needs two frames
    t.press('space');
    await t.waitFor('‖ frozen');
    t.press('space');
    await t.waitFor('● demo');
    t.press('b');
    await t.waitFor('smoothed · mirrored');
    t.press('e');
    await t.waitFor('not smoothed');
    t.press('h');
    await t.waitFor(/Grad-CAM: \d+ ms/);
    t.press('h');
    await expect.poll(() => t.text()).not.toContain('Grad-CAM');
    expect(existsSync(join(cwd, 'snapshots'))).toBe(false);
    t.press('p');
    await t.waitFor('photo saved as snapshots/');
    expect(existsSync(join(cwd, 'snapshots'))).toBe(true);
    await t.waitFor('No face found');
    t.press('o');
    await t.waitFor('─ source ─');
    t.press('97', 'enter');
    // Without the binding no camera can be looked for.
    await t.waitFor(needs.openCv.skip ? 'OpenCV' : 'camera 97: not found');
    t.press('q');
    await expectRestored(t, cwd, 0);
  });

  it('as pixels: the picture in its cells, none under the help and on what is left', async () => {
    const { t, cwd } = watch('demo', '--graphics', 'kitty');
    const shown = () => {
      const images = new TerminalImages();
      images.write(t.raw);
      return [...images.shown.values()];
    };
    await t.waitFor(/│ 1 face|│ 2 faces/);
    await expect.poll(() => shown().some(({ cols, width }) => cols === 64 && width === 320)).toBe(true);
    expect(t.text()).not.toContain('▀▀▀▀');
    t.press('?');
    await t.waitFor(/─ \S*keys/);
    await expect.poll(shown).toEqual([]);
    t.press('escape');
    await expect.poll(() => shown().length).toBeGreaterThan(0);
    t.press('q');
    await expectRestored(t, cwd, 0);
    expect(shown()).toEqual([]);
  });

  it('a video of a real face: nobody, a face, nobody, the end', possible, async () => {
    const { t, cwd } = watch(join(folder, 'visit.mp4'), '--record', 'out.mp4');
    await t.waitFor('● REC visit.mp4');
    await t.waitFor('No face found');
    expect(t.text()).toMatch(/Happy +–/);
    await t.waitFor(/Happy +\S* +\d+ %[\s\S]*│ 1 face/);
    await t.waitFor(/last seen \d+ s ago/);
    expect(t.text()).toContain('No face found');
    await t.waitFor(/ended: \d+ frames/);
    await t.waitFor('video saved as out.mp4');
    expect(existsSync(join(cwd, 'out.mp4'))).toBe(true);
    t.press('ctrl+c');
    await expectRestored(t, cwd, 130);
  });
});
