import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findData } from '../../src/data/find_data.js';
import { imagesAt } from '../../src/data/image_files.js';
import { loadDataset } from '../../src/data/load.js';
import { DataError } from '../../src/util/errors.js';
import { csv, expectDataError, folderWith, png } from './fixtures.js';

describe('FER-2013 where people put it', () => {
  const [cwd, variable] = [process.cwd(), process.env['FER_TUI_DATA']];
  afterEach(() => {
    process.chdir(cwd);
    if (variable === undefined) delete process.env['FER_TUI_DATA'];
    else process.env['FER_TUI_DATA'] = variable;
  });
  const NAMES = [
    ...['fer2013.csv', 'fer2013.csv.gz', 'icml_face_data.csv', 'icml_face_data.csv.gz'],
    ...['fer2013.tar.gz', 'fer2013.tgz', 'fer2013.tar', 'fer2013.zip', 'archive.zip'],
  ];
  const PLACES = [...NAMES.map((name) => `data/${name}`), 'data/train', ...NAMES];

  it('is found in the first of its places, after the one that FER_TUI_DATA names', () => {
    for (const [i, place] of PLACES.entries()) {
      process.chdir(folderWith(Object.fromEntries(PLACES.slice(i).map((path) => [path, 'x']))));
      delete process.env['FER_TUI_DATA'];
      expect(findData()).toBe(place);
      process.env['FER_TUI_DATA'] = '/nowhere';
      expect(findData()).toBe(place);
      process.env['FER_TUI_DATA'] = '.';
      expect(findData()).toBe('.');
    }
    process.chdir(folderWith({ 'other.csv': 'x' }));
    delete process.env['FER_TUI_DATA'];
    expect(findData()).toBeUndefined();
    process.chdir(cwd);
  });

  it('is the first known file of a folder', async () => {
    const names = ['fer2013.csv', 'icml_face_data.csv'];
    const files = Object.fromEntries(names.map((name, i) => [name, csv([[i, 'PublicTest']])]));
    const tree = { 'train/happy/a.png': png([1, 1, 1]), 'README.md': 'x' };
    const folder = folderWith({ ...files, ...tree });
    const cacheDir = folderWith({});
    for (const what of ['read', 'cached']) {
      const { splits, source, notes } = await loadDataset(folder, { cacheDir });
      expect([source.split('/').at(-1), ...splits.validation.labels], what).toEqual(['fer2013.csv', 0]);
      expect(notes).toEqual([`${folder}: fer2013.csv is read; not read: 2 others, the first: train/`]);
    }
    const other = folderWith({ 'fer2013.csv/x': '', 'icml_face_data.csv': csv([[5, 'PublicTest']]) });
    expect([...(await loadDataset(other, { cacheDir: false })).splits.validation.labels]).toEqual([6]);
  });

  it('is read as what it is, whatever its name says', async () => {
    const folder = folderWith({ 'my.zip.csv': csv([[3, 'PublicTest']]), 'a.zip': csv([[3, 'PublicTest']]) });
    const { splits } = await loadDataset(join(folder, 'my.zip.csv'), { cacheDir: false });
    expect([...splits.validation.labels]).toEqual([3]);
    const { splits: other } = await loadDataset(join(folder, 'a.zip'), { cacheDir: false });
    expect([...other.validation.labels]).toEqual([3]);
  });

  it('is nothing that cannot be read', async () => {
    const folder = folderWith({ 'fer2013.csv': '' });
    await expectDataError(loadDataset(join(folder, 'fer2013.csv'), { cacheDir: false }), 'the file is empty');
    await expectDataError(
      loadDataset(join(folder, 'none.csv')),
      'there is no such file or folder',
      'check the path',
    );
    await expect(loadDataset('\0')).rejects.toThrow('there is no such file');
    if (process.platform === 'linux') {
      const memory = loadDataset('/proc/self/mem', { cacheDir: false }); // can be opened, and not be read
      await expectDataError(
        memory,
        'data /proc/self/mem: cannot be read (EIO',
        'expected fer2013.csv or icml_face_data.csv, a .zip',
      );
    }
  });
});

describe('images at a path', () => {
  it('are the file itself, or those of the folder by name', () => {
    const folder = folderWith({
      'b.png': '',
      'a.JPEG': '',
      'c.jpg': '',
      'd.txt': '',
      'e.bmp': '',
      'f.jpg.txt': '',
      noext: '',
    });
    mkdirSync(join(folder, 'more'));
    symlinkSync('nowhere', join(folder, 'g.jpg'));
    const inFolder = (...names: string[]) => names.map((name) => join(folder, name));
    expect(imagesAt(join(folder, 'd.txt'))).toEqual({ paths: inFolder('d.txt'), notes: [] });
    expect(imagesAt(join(folder, 'g.jpg'))).toEqual({ paths: inFolder('g.jpg'), notes: [] });
    expect(imagesAt(folder)).toEqual({
      paths: inFolder('a.JPEG', 'b.png', 'c.jpg', 'e.bmp', 'g.jpg', 'noext'),
      notes: [
        `${folder}: not read: 1 folder, the first: more`,
        `${folder}: not read: 2 texts and tables, the first: d.txt`,
      ],
    });
  });

  it('are missing where there are none', () => {
    for (const [path, words] of [
      ['/nowhere', '/nowhere: there is no such file or folder'],
      [folderWith({ 'a.txt': '' }), 'no pictures in this folder'],
      [
        folderWith({ 'happy/a.png': '' }),
        /no pictures in this folder; name one of the folders in it, e\.g\. .*happy$/,
      ],
    ] as const) {
      expect(() => imagesAt(path)).toThrow(DataError);
      expect(() => imagesAt(path)).toThrow(words);
    }
  });
});
