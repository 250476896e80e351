import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { parseClasses } from '../../src/data/class_names.js';
import { loadSource } from '../../src/data/load.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { UsageError } from '../../src/util/errors.js';
import { both, CSV_ORDER, expectUsage, FIVE, load, namesOf, tree } from './class_trees.js';
import { expectDataError, folderWith } from './fixtures.js';

describe('numbered folders', () => {
  const numbers = (from: number, count: number, width = 1): string[] =>
    Array.from({ length: count }, (_, i) => String(from + i).padStart(width, '0'));

  it.each([
    ['0-6', numbers(0, 7), 'train/0'],
    ['1-7', numbers(1, 7), 'train/1'],
    ['00-06', numbers(0, 7, 2), 'train/00'],
  ])('%s need --classes: csv, or names in the order of the numbers', async (_, words, folder) => {
    const root = both(words);
    await expectDataError(load(root), `folder ${folder} is a number`, '--classes', 'csv', 'a,b,c');
    const dataset = await load(root, { classes: 'csv' });
    expect(dataset.classes).toEqual(CLASS_NAMES);
    expect(namesOf(dataset)).toEqual(CSV_ORDER);
    expect(dataset.notes.join()).toContain(`${Number(words[0])} Angry, ${Number(words[0]) + 1} Disgust`);
    const rafDb = 'surprise,fear,disgust,happiness,sadness,anger,neutral';
    const named = ['Surprise', 'Fear', 'Disgust', 'Happy', 'Sad', 'Angry', 'Neutral'];
    expect(namesOf(await load(root, { classes: rafDb }))).toEqual(named);
    await expectUsage(load(root, { classes: 'a,b,c' }), '3 names for the 7 numbers');
  });

  it('are in the order of their numbers, not of their letters', async () => {
    const words = numbers(1, 12);
    const names = words.map((word) => `n${word}`);
    const dataset = await load(both(words), { classes: names.join(',') });
    expect(namesOf(dataset)).toEqual(names);
  });

  it('may be named one by one, and partly by csv', async () => {
    const pairs = await load(both(['0', '3', 'sad']), { classes: '0=Angry,3=Happy' });
    expect(namesOf(pairs)).toEqual(['Angry', 'Happy', 'Sad']);
    expect(namesOf(await load(both(['0', '3', '6']), { classes: 'csv' }))).toEqual([
      'Angry',
      'Happy',
      'Neutral',
    ]);
    await expectDataError(load(both(['0', '3']), { classes: '0=Angry' }), 'folder train/3 is a number');
    await expectDataError(
      load(both(['0', 'sad']), { classes: 'csv' }),
      'folder train/0',
      '--classes 0=Angry',
    );
    await expectUsage(load(both(['0', '8']), { classes: 'csv' }), '7 names for the 2 numbers 0, 8');
  });

  it('are named in an archive too', async () => {
    const path = join(folderWith({ 'a.zip': zipSync(tree({ 'x/train': numbers(0, 7) })) }), 'a.zip');
    await expectDataError(load(path), 'folder x/train/0 is a number');
    expect(namesOf(await load(path, { classes: 'csv' }))).toEqual(CSV_ORDER);
  });
});

describe('--classes', () => {
  it('renames folders of other languages, however their accents are encoded', async () => {
    const root = both(['cole\u0300re', 'joie', 'ennui']);
    const { classes, splits } = await load(root, { classes: 'COL\u00e8RE=anger, joie=Happy' });
    expect(classes).toEqual(['Angry', 'ennui', 'Happy']);
    expect([...splits.train.labels].sort()).toEqual([0, 1, 2]);
    await expectUsage(load(root, { classes: 'triste=Sad' }), 'has no triste', 'ennui, joie');
  });

  it('puts several folders into one class', async () => {
    const dataset = await load(both(['happy', 'joie', 'sad']), { classes: 'joie=Happy' });
    expect(namesOf(dataset)).toEqual(['Happy', 'Happy', 'Sad']);
  });

  it('chooses classes, and says what it leaves out', async () => {
    const dataset = await load(both([...CLASS_NAMES]), { classes: 'surprise,happy' });
    expect(dataset.classes).toEqual(['Happy', 'Surprise']);
    expect(namesOf(dataset)).toEqual(['Happy', 'Surprise']);
    expect(dataset.notes.join()).toContain('left out, as --classes does not name them: Angry, Disgust');
    const more = await load(both(FIVE), { classes: 'csv' });
    expect(more.classes).toEqual(CLASS_NAMES);
    expect(more.notes.join()).toContain('no images of Disgust, Fear');
    await expectUsage(load(both(FIVE), { classes: 'angry,hapy' }), 'has no hapy', 'happy');
  });

  it('chooses among the numbers of fer2013.csv by their names', async () => {
    const row = (label: number, usage: string): string =>
      `${label},${Array.from({ length: 2304 }, (_, i) => (i === 0 ? label : 9)).join(' ')},${usage}`;
    const rows = ['Training', 'PublicTest'].flatMap((usage) =>
      [0, 1, 2, 3, 4, 5, 6].map((label) => row(label, usage)),
    );
    const csv = (lines: string[]): string =>
      join(folderWith({ 'f.csv': Buffer.from(['emotion,pixels,Usage', ...lines, ''].join('\n')) }), 'f.csv');
    const dataset = await load(csv(rows), { classes: 'neutral,Angry,Happy' });
    expect(dataset.classes).toEqual(['Angry', 'Happy', 'Neutral']);
    const { train, validation } = dataset.splits;
    expect([...train.labels]).toEqual([0, 1, 2]);
    expect([...validation.labels]).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((i) => train.images[i * 2304])).toEqual([0, 3, 6]); // 6 is Neutral in the CSV
    expect(train.images).toHaveLength(3 * 2304);
    expect(dataset.notes.join()).toContain('does not name them: Disgust, Fear, Sad, Surprise');
    // As many names as numbers are names of the numbers in their order.
    const three = csv(rows.filter((line) => /^[013]/.test(line)));
    expect((await load(three, { classes: 'Sad,Happy,Fear' })).notes.join()).toContain(
      '0 Sad, 1 Happy, 3 Fear',
    );
    await expectUsage(load(csv(rows), { classes: 'Angry,Calm' }), '2 names for the 7 numbers');
  });

  it('leaves data as they are where it describes the outputs of a model', async () => {
    const options = { classes: 'Happy,Sad,Boredom', choose: false };
    expect((await load(both(FIVE), options)).classes).toHaveLength(5);
    expect(namesOf(await load(both(['0', '1', '2']), options))).toEqual(['Happy', 'Sad', 'Boredom']);
  });

  it.each([
    ['', 'empty'],
    ['a', '1 names'],
    ['a,,b', 'empty'],
    ['happy,sad,joy', 'Happy is named twice'],
    ['a=b,c', '"c" is not a pair'],
    ['=b', 'not a pair'],
    [Array.from({ length: 1001 }, (_, i) => i).join(), '1001 names'],
  ])('%j is refused', (text, words) => {
    expect(() => parseClasses(text)).toThrow(UsageError);
    expect(() => parseClasses(text)).toThrow(words);
  });

  it('belongs to what the cache knows of a source', async () => {
    const [root, cacheDir] = [both(['0', '1']), folderWith({})];
    const classesOf = async (classes: string) => (await loadSource(root, { cacheDir, classes })).classes;
    expect(await classesOf('a,b')).toEqual(['a', 'b']);
    expect(readdirSync(cacheDir)).toHaveLength(1);
    let parsed = false;
    const onProgress = (): void => {
      parsed = true;
    };
    expect((await loadSource(root, { cacheDir, classes: 'a,b', onProgress })).notes.join()).toContain(
      '0 a, 1 b',
    );
    expect(parsed).toBe(false);
    expect(await classesOf('c,d')).toEqual(['c', 'd']);
  });
});
