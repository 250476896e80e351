import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeFaces, encodeFaces, facesHash } from '../../src/data/faces_file.js';
import { readLabels, writeLabels } from '../../src/data/labels_file.js';
import type { Dataset, LoadOptions } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { both, CSV_ORDER, FIVE, load, namesOf, tone, tree } from './class_trees.js';
import { csv, expectDataError, folderWith, pixels, png } from './fixtures.js';

describe('the classes of a folder tree', () => {
  it.each([
    ['five of the seven', FIVE, ['Angry', 'Happy', 'Neutral', 'Sad', 'Surprise']],
    [
      'eight, with contempt',
      ['contempt', 'anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise'],
      ['Angry', 'Contempt', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'],
    ],
    ['of numbers and expressions', ['01_angry', '2-happy', '03.sad'], ['Angry', 'Happy', 'Sad']],
    ['two of any kind', ['dog', 'Cat'], ['Cat', 'dog']],
    ['of another language', ['joie', 'colère', 'peur'], ['colère', 'joie', 'peur']],
    ['of names like those of splits', ['train', 'car', 'test'], ['car', 'test', 'train']],
    [
      'with odd characters',
      ["it's", 'a,b', '"c"', '100 %', 'x\x1b[2J'],
      ['"c"', '100 %', 'a,b', "it's", 'x\\x1b[2J'],
    ],
  ])('are %s', async (_, words, classes) => {
    const dataset = await load(both(words));
    expect(dataset.classes).toEqual(classes);
    for (const split of ['train', 'validation'] as const) {
      const own = namesOf(dataset, split);
      // Folder i has tone i: each picture has the class of its own folder.
      const again = await load(folderWith(tree({ train: words.slice(0, 2) })));
      expect(own.slice(0, 2)).toEqual(namesOf(again));
      expect(new Set(own).size).toBe(words.length);
    }
  });

  it('are the seven in their order, without a note, where all are there', async () => {
    const { classes, notes, name } = await load(both([...CLASS_NAMES].reverse()));
    expect([classes, notes, name]).toEqual([CLASS_NAMES, [], 'FER-2013 folders']);
  });

  it('may stand alone, at the root or one folder deep, in a folder or an archive: a tenth is held out', async () => {
    const files = Object.fromEntries(
      FIVE.flatMap((word, c) =>
        Array.from({ length: 10 }, (_, i) => [`${word}/${i}.png`, png([c * 20 + i, 0, 0], 4, 4)] as const),
      ),
    );
    const under = Object.fromEntries(Object.entries(files).map(([path, file]) => [`CK48/${path}`, file]));
    const zip = join(folderWith({ 'a.zip': zipSync(under) }), 'a.zip');
    for (const path of [folderWith(files), folderWith(under), zip]) {
      const { splits, name, classes } = await load(path);
      expect(classes).toHaveLength(5);
      expect([...splits.validation.labels]).toEqual([0, 1, 2, 3, 4]);
      expect(splits.train.labels).toHaveLength(45);
      expect(name).toContain('10 % of train held out');
    }
  });

  it('may be called like splits where they stand alone', async () => {
    const files = ['train', 'car', 'test'].map((word, i) => [`${word}/a.png`, png([i, i, i], 4, 4)] as const);
    const { classes, splits } = await load(folderWith(Object.fromEntries(files)));
    expect([classes, splits.train.labels.length]).toEqual([['car', 'test', 'train'], 3]);
  });

  it('are said where they are not the seven, with what may be a slip of the pen', async () => {
    const words = [...CLASS_NAMES].map((name) => (name === 'Happy' ? 'hapy' : name));
    const heard: string[] = [];
    const { notes } = await load(both(words), { onNote: (note) => heard.push(note) });
    expect(notes.join()).toContain('7 classes: Angry, Disgust, Fear, hapy, Neutral, Sad, Surprise');
    expect(notes.join()).toContain('--classes hapy=Happy');
    expect(heard).toEqual(notes);
    const animals = await load(both(['bear', 'cat']));
    expect(animals.notes).toEqual(['2 classes: bear, cat']);
  });

  it('have one folder or several, which is said', async () => {
    const files = tree({ train: ['happy', 'sad', 'Happiness'], validation: ['joy', 'sad'] });
    const { splits, notes } = await load(folderWith(files));
    expect([...splits.train.labels].sort()).toEqual([0, 0, 1]);
    expect(notes.join()).toContain('train/Happiness, train/happy are one class, Happy');
    expect(notes.join()).not.toContain('validation/');
  });

  it('may be 300: labels have two bytes then', async () => {
    const words = Array.from({ length: 300 }, (_, i) => `person ${String(i).padStart(3, '0')}`);
    const dataset = await load(both(words));
    expect(dataset.classes).toEqual(words);
    expect(dataset.splits.train.labels).toBeInstanceOf(Uint16Array);
    expect([...dataset.splits.train.labels]).toEqual(words.map((_, i) => i));
    const again = decodeFaces(Buffer.concat(encodeFaces(dataset)));
    expect(again).toEqual({ ...dataset, source: dataset.source });
    const labels = dataset.splits.train.labels.slice();
    labels[299] = 43; // 299 - 256: the same lower byte
    const train = { ...dataset.splits.train, labels };
    expect(facesHash({ ...dataset, splits: { ...dataset.splits, train } })).not.toBe(facesHash(dataset));
  });

  it('are at most 1,000, and two at least', async () => {
    const many = Array.from({ length: 1001 }, (_, i) => `n${i}`);
    await expectDataError(load(folderWith(tree({ train: many }))), '1001 classes', 'expected 2 to 1000');
    await expectDataError(load(folderWith(tree({ train: ['faces'] }))), 'only one class folder, train/faces');
  });

  it('belong to the hash of the data', async () => {
    const [one, other] = await Promise.all(
      [
        ['cat', 'dog'],
        ['cat', 'fox'],
      ].map((words) => load(both(words))),
    );
    expect(facesHash(one as Dataset)).not.toBe(facesHash(other as Dataset));
  });
});

it('names with commas and quotes stay whole in files of corrections', () => {
  const path = join(folderWith({}), 'labels.csv');
  const classes = ['a,b', '"c" d', "it's"];
  const decided = {
    split: 'train',
    index: 0,
    face: '0123456789ab',
    was: 0,
    action: 'relabel',
    label: 1,
  } as const;
  writeLabels(path, [decided], classes);
  expect(readLabels(path, classes)).toEqual([decided]);
});

describe('splits of other classes', () => {
  it.each([
    [{ train: FIVE, validation: FIVE.slice(1) }, 'train has images of Angry, validation has none'],
    [{ train: FIVE, test: [...FIVE, 'contempt'] }, 'test has images of Contempt, train has none'],
    [
      { train: ['cat', 'dog'], validation: ['cat', 'dog'], test: ['cat', 'fox'] },
      'test has images of fox, train has none',
    ],
    [{ validation: ['cat', 'dog'], test: ['cat'] }, 'validation has images of dog, test has none'],
  ])('%j', async (splits, words) => {
    await expectDataError(
      load(folderWith(tree(splits))),
      words,
      'expected the same classes in all splits',
      '--classes',
    );
  });

  it('are all told, with what may be a slip of the pen', async () => {
    const root = folderWith(
      tree({ train: FIVE, test: FIVE.map((name) => (name === 'happy' ? 'hapy' : name)) }),
    );
    await expectDataError(
      load(root),
      'train has images of Happy, test has none; test has images of hapy, train has none',
      'is hapy meant as Happy?',
    );
  });

  it('are allowed where --classes lists all', async () => {
    const root = folderWith(tree({ train: FIVE, validation: FIVE.slice(1) }));
    const { classes, splits } = await load(root, { classes: FIVE.join(',') });
    expect(classes).toEqual(['Angry', 'Happy', 'Neutral', 'Sad', 'Surprise']);
    expect([...splits.validation.labels]).toEqual([1, 2, 3, 4]);
  });

  it('and so are tables in which a rare class of FER-2013 is missing', async () => {
    const { classes } = await load(
      join(
        folderWith({
          'a.csv': csv([
            [0, 'Training'],
            [1, 'Training'],
            [0, 'PublicTest'],
          ]),
        }),
        'a.csv',
      ),
    );
    expect(classes).toEqual(CLASS_NAMES);
  });
});

describe('a table of own classes', () => {
  const table = (rows: Parameters<typeof csv>[0], options: LoadOptions = {}) =>
    load(join(folderWith({ 'faces.csv': csv(rows) }), 'faces.csv'), options);
  const rows = (labels: readonly (string | number)[]) =>
    labels.map((label, i) => [label, 'Training', pixels(tone(i))] as const);

  it('has words in the column emotion', async () => {
    const dataset = await table(rows(['happiness', 'bored', 'Anger', 'HAPPY']));
    expect(dataset.classes).toEqual(['Angry', 'bored', 'Happy']);
    expect(namesOf(dataset)).toEqual(['Happy', 'bored', 'Angry', 'Happy']);
    const chosen = await table(rows(['happiness', 'bored', 'Anger']), { classes: 'happy,angry' });
    expect([namesOf(chosen), chosen.skipped]).toEqual([['Happy', 'Angry'], 0]);
    expect(chosen.notes.join()).toContain('left out, as --classes does not name them: bored');
    await expectDataError(
      table([
        ['cat', 'Training'],
        ['dog', 'Training'],
        ['cat', 'PublicTest'],
      ]),
      'train has images of dog, validation has none',
    );
  });

  it('has the numbers of fer2013.csv, also as 3.0, or others that --classes names', async () => {
    expect(namesOf(await table(rows(['3.0', '6.0'])))).toEqual(['Happy', 'Neutral']);
    expect(namesOf(await table(rows([3, 6]), { classes: 'csv' }))).toEqual(['Happy', 'Neutral']);
    const eight = [...CSV_ORDER, 'Contempt'];
    const dataset = await table(rows([0, 1, 2, 3, 4, 5, 6, 7]), { classes: eight.join(',') });
    expect(namesOf(dataset)).toEqual(eight);
    expect(dataset.classes[1]).toBe('Contempt');
    await expectDataError(table(rows([0, 7])), ':3:', 'emotion "7"', '--classes a,b,c');
  });

  it('is not taken for fer2013.csv where its numbers go from 1 to 7, whatever is skipped', async () => {
    const labels = [1, 2, 3, 4, 5, 6, 7];
    await expectDataError(
      table(rows(labels), { skipBad: true }),
      'the labels are 1, 2, 3, 4, 5, 6, 7',
      '--classes',
    );
    const names = 'surprise,fear,disgust,happy,sad,angry,neutral';
    expect(namesOf(await table(rows(labels), { classes: names }))).toEqual([
      ...['Surprise', 'Fear', 'Disgust', 'Happy', 'Sad', 'Angry', 'Neutral'],
    ]);
  });
});
