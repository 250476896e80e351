import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { faceId } from '../../src/data/labels_file.js';
import { loadDataset } from '../../src/data/load.js';
import { csv, folderWith, pixels } from '../data/fixtures.js';
import { localEngine } from '../helpers/local_engine.js';
import { COLOUR, type Rendered, renderAt } from '../helpers/render_at.js';
import { failed } from '../helpers/screen_cases.js';

describe('decisions about labels on the Data screen', () => {
  const engine = localEngine();
  let shown: Rendered | undefined;
  afterEach(() => shown?.unmount());
  const rowsOf = (file: string): string[] =>
    readFileSync(file, 'utf8')
      .replaceAll(/,[0-9a-f]{12},/g, ',')
      .trim()
      .split('\n')
      .slice(1);
  const openIn = async (rows: Parameters<typeof csv>[0]) => {
    const folder = folderWith({ 'fer2013.csv': csv(rows) });
    const path = join(folder, 'fer2013.csv');
    const own = { path, report: failed('not yet') };
    const at = renderAt(100, 30, COLOUR, { screen: 'data', engine, state: { screens: { data: own } } });
    shown = at;
    const press = async (...keys: string[]): Promise<void> => {
      at.press(...keys);
      await engine.settled();
      at.flush();
    };
    const text = (): string => {
      at.flush();
      return at.text();
    };
    await press('o', 'enter');
    // On a busy machine, keys and requests may wait for more than `settled` does.
    await expect.poll(text).toContain('#0 train');
    return { at, press, text, folder, path, file: join(folder, 'labels.csv') };
  };
  /** Happy and Neutral in turns. */
  const train = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 3 : 6, 'Training', pixels(i)] as const);
  const whole = [...train, [3, 'PublicTest', pixels(50)] as const];

  it('go into labels.csv beside the data, and back', async () => {
    const { at, press, text, folder, path, file } = await openIn(whole);
    const data = readFileSync(path);
    expect(readdirSync(folder)).toEqual(['fer2013.csv']);
    await press('u');
    // Decisions wait for those before them, which may be of another test.
    await expect.poll(text).toContain('no decision to undo');
    await press('r', '6');
    await press('right', 'x');
    await press('right', 'v');
    const all = ['train,0,Happy,relabel,Sad', 'train,1,Neutral,drop,', 'train,2,Happy,keep,'];
    await expect.poll(() => rowsOf(file)).toEqual(all);
    expect(at.text()).toContain('1 relabelled, 1 dropped, 1 kept');
    expect(at.text()).toContain('#2 train · Happy (kept)');
    await press('r', '3');
    expect(rowsOf(file)[2]).toBe('train,2,Happy,relabel,Fear');
    await press('u');
    await expect.poll(() => rowsOf(file)).toEqual(all);
    await press('u', 'u');
    await expect.poll(() => rowsOf(file)).toEqual(all.slice(0, 1));
    await press('u');
    await expect.poll(() => rowsOf(file)).toEqual([]);
    expect(readFileSync(path)).toEqual(data);
    expect(readdirSync(folder).sort()).toEqual(['fer2013.csv', 'labels.csv']);
  });

  it('are taken back by the same key, see quick keys in turn, and keep what others wrote', async () => {
    const { press, path, file } = await openIn(whole);
    await press('x', 'v', 'right', 'x', 'x', 'left', 'u', 'u', 'u');
    await expect.poll(() => rowsOf(file)).toEqual(['train,0,Happy,drop,']);
    await press('r', '4');
    await expect.poll(() => rowsOf(file)).toEqual(['train,0,Happy,keep,']);
    const face = faceId((await loadDataset(path)).splits.train, 3);
    writeFileSync(file, `${readFileSync(file, 'utf8')}train,3,${face},Neutral,drop,\n`);
    await press('x');
    await expect.poll(() => rowsOf(file)).toEqual(['train,0,Happy,drop,', 'train,3,Neutral,drop,']);
  });

  it('name rows of the source where validation images are held out, so that training takes them', async () => {
    const { at, press, path, file } = await openIn(train);
    const plain = await loadDataset(path);
    await press('end', 'x');
    await press('s', 'r', '6');
    expect(at.text()).toContain('validation · Happy → Sad');
    const { splits, name } = await loadDataset(path, { labels: file });
    expect(name).toContain('1 relabelled and 1 dropped');
    const count = Object.values(splits).reduce((sum, split) => sum + split.labels.length, 0);
    expect(count).toBe(19);
    const [last, first] = [plain.splits.train, plain.splits.validation];
    const rows = readFileSync(file, 'utf8');
    expect(rows).toContain(`,${faceId(last, last.labels.length - 1)},Neutral,drop,`);
    expect(rows).toContain(`,${faceId(first, 0)},Happy,relabel,Sad`);
    await press('o', 'enter');
    await press('s');
    expect(at.text()).toContain('validation · Happy → Sad');
  });

  it('go into another file (L), and never into one that cannot be theirs', async () => {
    const { at, press, path, folder } = await openIn(whole);
    await press('L', 'ctrl+u', ...path, 'enter');
    expect(at.text()).toContain('L chooses another file');
    const data = readFileSync(path);
    await press('x');
    expect(readFileSync(path)).toEqual(data);
    const mine = join(folder, 'mine.csv');
    await press('L', 'ctrl+u', ...mine, 'enter');
    await press('x');
    await expect.poll(() => rowsOf(mine)).toEqual(['train,0,Happy,drop,']);
    await press('L', 'ctrl+u', ...join(folder, 'none', 'l.csv'), 'enter');
    await press('x');
    expect(at.text()).toContain('there is no such folder');
    mkdirSync(join(folder, 'none'));
    await press('x');
    await expect.poll(() => rowsOf(join(folder, 'none', 'l.csv'))).toEqual(['train,0,Happy,drop,']);
  });
});
