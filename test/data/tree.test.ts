import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeFingerprint } from '../../src/data/folders.js';
import { loadDataset } from '../../src/data/load.js';
import { isLitter, planTree } from '../../src/data/tree.js';
import { DataError } from '../../src/util/errors.js';
import { folderWith, png } from './fixtures.js';

const plan = (...paths: string[]) => {
  const { entries, naming } = planTree(paths, 'here');
  return entries.map(({ path, split, word }) => [path, split, naming.classes[naming.labels.get(word) ?? -1]]);
};

describe('the plan of a tree', () => {
  it('finds split and class of each picture, in the order of the paths', () => {
    expect(plan('val/sad/b.jpg', 'train/happy/z.PNG', 'train/angry/a.jpeg', 'testing/fear/c.bmp')).toEqual([
      ['testing/fear/c.bmp', 'test', 'Fear'],
      ['train/angry/a.jpeg', 'train', 'Angry'],
      ['train/happy/z.PNG', 'train', 'Happy'],
      ['val/sad/b.jpg', 'validation', 'Sad'],
    ]);
  });

  it.each([
    ['train', 'train'],
    ['TRAINING', 'train'],
    ['val', 'validation'],
    ['Valid', 'validation'],
    ['validation', 'validation'],
    ['test', 'test'],
    ['testing', 'test'],
    ['PublicTest', 'validation'],
    ['dev', 'validation'],
    ['eval', 'validation'],
    ['PrivateTest', 'test'],
  ])('%s is %s', (folder, split) => expect(plan(`${folder}/happy/a.jpg`)[0]?.[1]).toBe(split));

  it('takes every file of a class folder for a picture, but documents', () => {
    const names = ['a.jpg', 'a.jfif', 'a.JPEG', 'noext', 'a.bmp', 'a.webp', 'a.jpg.bak'];
    const documents = ['a.jpg.txt', 'a.pdf', 'labels.csv', 'notes.md', 'Thumbs.db', 'desktop.ini'];
    const found = plan(...[...names, ...documents].map((name) => `train/sad/${name}`));
    expect(found.map(([path]) => path)).toEqual(names.map((name) => `train/sad/${name}`).sort());
  });

  it('takes class folders alone for training data, also one folder deep', () => {
    const own = ['happy/a.jpg', 'sad/b.jpg', 'sad/', 'README.txt'];
    const entries = [
      ['happy/a.jpg', 'train', 'Happy'],
      ['sad/b.jpg', 'train', 'Sad'],
    ];
    expect(plan(...own)).toEqual(entries);
    const deep = entries.map(([path, ...rest]) => [`CK48/${path}`, ...rest]);
    expect(plan(...own.map((path) => `CK48/${path}`))).toEqual(deep);
  });

  it('leaves litter and what lies beside the split folders out', () => {
    const paths = [
      '__MACOSX/train/happy/a.jpg',
      'train/.thumbs/a.jpg',
      'train/happy/._a.jpg',
      'x.jpg',
      'other/a.jpg',
      'other/sad/',
    ];
    expect(plan('train/happy/a.jpg', ...paths)).toHaveLength(1);
    expect(['a/.b/c', '.a', '__MACOSX/a', 'a/__MACOSX'].map(isLitter)).toEqual([true, true, true, true]);
    expect(['a.b/c', 'a/__MACOSX1', 'a'].map(isLitter)).toEqual([false, false, false]);
    expect(['happy/.0.png', 'happy/._0.png', '.x.png/0.png'].map(isLitter)).toEqual([false, true, true]);
  });

  it('takes the least deep tree, at any depth', () => {
    expect(plan('a/b/train/happy/x.jpg', 'a/b/c/train/happy/y.jpg')).toEqual([
      ['a/b/train/happy/x.jpg', 'train', 'Happy'],
    ]);
    // A folder of the name of a split is none without a class in it.
    expect(plan('test/train/happy/x.jpg')).toEqual([['test/train/happy/x.jpg', 'train', 'Happy']]);
  });

  it.each([
    [['train/happy/a.jpg', 'train/bored/'], 'folder train/bored is empty'],
    [['train/happy/a.jpg', 'train/bored/notes.txt'], 'folder train/bored is empty'],
    [['train/happy/a.jpg', 'train/sad/'], 'folder train/sad is empty'],
    [['train/happy/a.jpg', 'test/sad/notes.txt'], 'folder test/sad is empty'],
    [['a/train/happy/a.jpg', 'a/train/b.gif'], 'file a/train/b.gif lies outside'],
    [['train/happy/a.jpg', 'train/happy/more/b.webp'], 'file train/happy/more/b.webp lies outside'],
    [['a/train/happy/a.jpg', 'b/val/sad/a.jpg'], 'two data sets inside, a/ and b/'],
    [['cats/a.jpg', 'cats/b.jpg', 'c.txt'], 'only one class folder, cats'],
    [['train/images/a.jpg', 'test/images/b.jpg'], 'only one class folder, train/images'],
    [['c.txt', 'cats/a.txt'], 'none of the expected names inside (found c.txt, cats/)'],
    [['train/happy/a.jpg', 'extra/happy/b.jpg'], 'folder extra has class folders but is not a split'],
    [['happy/a.jpg', 'cats/'], 'folder cats is empty'],
    [
      ['train/cat/a.jpg', 'train/dog/b.jpg', 'extra/dog/b.jpg'],
      'folder extra has class folders but is not a split',
    ],
    [['happy/a.jpg', 'sad/'], 'folder sad is empty'],
    [['train/happy/a.jpg', 'train/\x1b[2J/'], 'folder train/\\x1b[2J is empty'],
    [['a/1', 'b/1', 'c/1', 'd/1', 'e/1', 'f/1'], '(found a/, b/, c/, d/, e/)'],
    [['train/happy'], '(found train/)'],
    [[], '(found nothing)'],
  ])('of %j is refused', (paths, words) => {
    expect(() => plan(...paths)).toThrow(DataError);
    expect(() => plan(...paths)).toThrow(`here: ${words}`.slice(0, 6));
    expect(() => plan(...paths)).toThrow(words);
  });

  it('takes files that are no pictures beside the pictures, and an empty folder beside a split', () => {
    expect(
      plan('train/happy/a.jpg', 'train/notes.txt', 'train/happy/more/notes.txt', 'train/', 'extra/'),
    ).toHaveLength(1);
  });
});

it('says of empty folders that they are not read, and nothing of folders whose files are', () => {
  const paths = ['train/', 'train/happy/', 'train/happy/a.jpg', 'train/sad/', 'train/sad/b.jpg'];
  const notesOf = (...more: string[]) => planTree([...paths, ...more], 'here').naming.notes;
  const own = notesOf();
  expect(own).toEqual(['2 classes: Happy, Sad']);
  const what = 'not read: 2 files outside the class folders, the first: empty/';
  expect(notesOf('empty/', 'more/', 'more/c.jpg', 'zoo/').slice(own.length)).toEqual([
    what.replace('2', '3'),
  ]);
  expect(notesOf('empty/', 'more/', 'more/c.jpg').slice(own.length)).toEqual([what]);
});

it('says which folders of one split are one class, two or more of them', () => {
  const paths = [
    'train/happy/a',
    'train/joy/b',
    'train/Sad/c',
    'val/happy/d',
    'val/sad/e',
    'test/Happiness/f',
  ];
  const { notes } = planTree([...paths, 'train/happiness/g', 'test/sad/h'], 'here').naming;
  expect(notes.filter((note) => note.includes('one class'))).toEqual([
    'train/happiness, train/happy, train/joy are one class, Happy',
  ]);
});

describe('the fingerprint of a tree', () => {
  const root = (): string =>
    folderWith({ 'train/happy/a.jpg': 'aa', 'train/sad/b.jpg': 'bb', 'notes.txt': 'x' });

  it('changes when a picture is added, renamed, written or touched, and stays otherwise', () => {
    const folder = root();
    const before = treeFingerprint(folder);
    expect(treeFingerprint(folder)).toBe(before);
    const changes = [
      () => writeFileSync(join(folder, 'train/sad/c.jpg'), 'cc'),
      () => renameSync(join(folder, 'train/sad/c.jpg'), join(folder, 'train/sad/d.jpg')),
      () => writeFileSync(join(folder, 'train/happy/a.jpg'), 'aaa'),
      () => utimesSync(join(folder, 'train/sad/b.jpg'), 1000, 1000),
    ];
    const seen = new Set([before]);
    for (const change of changes) {
      change();
      seen.add(treeFingerprint(folder));
    }
    expect(seen.size).toBe(5);
    const now = treeFingerprint(folder);
    writeFileSync(join(folder, 'train/happy/.DS_Store'), 'litter');
    expect(treeFingerprint(folder)).toBe(now);
  });

  it('sees the split folders of one folder deeper, and nothing of other folders', () => {
    const files = { 'x/train/happy/a.jpg': 'a', 'y/z/train/sad/b.jpg': 'b', 'y/deep/er/c.jpg': 'c' };
    const folder = folderWith(files);
    const before = treeFingerprint(folder);
    writeFileSync(join(folder, 'y/z/train/sad/b.jpg'), 'bbb');
    writeFileSync(join(folder, 'y/deep/er/c.jpg'), 'ccc');
    expect(treeFingerprint(folder)).toBe(before);
    writeFileSync(join(folder, 'x/train/happy/a.jpg'), 'aaa');
    expect(treeFingerprint(folder)).not.toBe(before);
  });

  it('sees three levels of split folders, and two of folders beside them', () => {
    const folder = folderWith({
      ...{ 'train/happy/more/a.jpg': 'a', 'train/happy/more/er/b.jpg': 'b' },
      ...{ 'y/z/c.jpg': 'c', 'y/z/deep/d.jpg': 'd' },
    });
    const seen = (path: string): boolean => {
      const before = treeFingerprint(folder);
      writeFileSync(join(folder, path), `longer ${path}`);
      return treeFingerprint(folder) !== before;
    };
    expect(['train/happy/more/a.jpg', 'train/happy/more/er/b.jpg'].map(seen)).toEqual([true, false]);
    expect(['y/z/c.jpg', 'y/z/deep/d.jpg'].map(seen)).toEqual([true, false]);
  });

  it('is found in folders that are each alone in the one above', async () => {
    const picture = png([9, 9, 9]);
    const tree = {
      'a/b/c/train/happy/a.png': picture,
      'a/b/c/train/sad/b.png': picture,
      'a/b/read.txt': 'x',
    };
    const { splits } = await loadDataset(folderWith(tree), { cacheDir: false });
    expect(splits.train.labels.length).toBe(2);
  });
});
