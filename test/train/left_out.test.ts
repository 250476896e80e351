import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { readEvents } from '../../src/train/event_log.js';
import { Rng } from '../../src/util/random.js';
import { csv, folderWith } from '../data/fixtures.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';

/** 2,304 random gray values. */
const face = (seed: number): string => {
  const rng = new Rng(seed, 0);
  return Array.from({ length: 48 * 48 }, () => Math.floor(256 * rng.float())).join(' ');
};
const rows = (usage: string, count: number, from: number) =>
  Array.from({ length: count }, (_, i): [number, string, string] => [i % 7, usage, face(from + i)]);

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-left-out-'));
const TINY = ['--model', 'fer-shallow', '--filters', '4', '--dense', '4', '--batch', '7'];
const json = (out: string, name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));

describeGpu('a training on data of which something is left out', () => {
  it('tells the number of bad rows and the first: on stderr, in its events and its summary', async () => {
    const bad: [number, string, string][] = [
      [1, 'Training', '1 2 3'],
      [2, 'Training', 'no pixels'],
    ];
    const text = csv([
      ...rows('Training', 14, 0),
      ...bad,
      ...rows('PublicTest', 7, 20),
      ...rows('PrivateTest', 7, 30),
    ]);
    const data = join(folderWith({ 'fer2013.csv': text }), 'fer2013.csv');
    const out = join(folder(), 'run');
    const { code, stderr } = await runCli([
      'train',
      '--data',
      data,
      ...TINY,
      '--epochs',
      '1',
      '--skip-bad',
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    const note = `2 rows or images left out that cannot be read, the first: ${data}:16: 3 pixels`;
    expect(stderr).toContain(note);
    expect(readEvents(join(out, 'events.ndjson')).find(({ type }) => type === 'start')).toMatchObject({
      data: { skipped: 2 },
    });
    const summary = json(out, 'summary.json');
    expect(summary).toMatchObject({ skipped: 2, status: 'finished' });
    expect(summary.notes.filter((own: string) => own.startsWith(note))).toHaveLength(1);
  });

  it('is resumed on the same images with --drop-duplicates, and ends in the same bits', async () => {
    const twins = rows('Training', 5, 20); // also in the validation images
    const text = csv([
      ...rows('Training', 23, 0).slice(0, 16),
      ...twins,
      ...rows('PublicTest', 7, 20),
      ...rows('PrivateTest', 7, 40),
    ]);
    const data = join(folderWith({ 'fer2013.csv': text }), 'fer2013.csv');
    const [whole, broken] = [join(folder(), 'whole'), join(folder(), 'broken')];
    const run = ['train', '--data', data, ...TINY, '--epochs', '3', '--drop-duplicates', '--quiet'];
    expect((await runCli([...run, '--out', whole])).code).toBe(0);
    expect((await runCli([...run, '--out', broken, '--max-steps', '4'])).code).toBe(0);
    // The run's settings say four steps; it goes on with all of them.
    const config = join(broken, 'config.json');
    const settings = { ...json(broken, 'config.json'), maxSteps: undefined };
    rmSync(config);
    writeFileSync(config, JSON.stringify(settings));
    expect((await runCli(['train', '--resume', broken, '--quiet'])).code).toBe(0);
    const [one, two] = [whole, broken].map((out) => loadCheckpoint(join(out, 'checkpoint.safetensors')));
    expect(one?.learner.stepCount).toBe(9); // 16 images in batches of 7, not 21
    expect(two?.learner).toEqual(one?.learner);
    expect(json(broken, 'summary.json').notes).toEqual(json(whole, 'summary.json').notes);
    expect(json(whole, 'summary.json').notes.join()).toContain('5 training images left out');
  });
});
