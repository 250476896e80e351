import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csv, expectDataError } from '../data/fixtures.js';
import { type Files, firsts, load, TABLE, TREE, tar, zip } from './fixtures.js';

describe('an archive', () => {
  const makers = [
    ['tar', (files: Files) => tar(files)],
    ['zip', zip],
  ] as const;

  it.each(makers)('of the kind %s holds a table of any name, packed or not', async (_, make) => {
    for (const files of [
      { 'x/my.csv': TABLE },
      { 'my.CSV.gz': gzipSync(TABLE) },
      { 'icml_face_data.csv': TABLE },
    ]) {
      expect(firsts(await load(make(files)))).toEqual([9, 8]);
    }
  });

  it.each(makers)('of the kind %s may hold what macOS leaves behind', async (_, make) => {
    const dataset = await load(
      make({
        ...TREE,
        '__MACOSX/faces/train/happy/._a.png': 'x',
        'faces/val/sad/._c.png': 'x',
        '.DS_Store': 'x',
      }),
    );
    expect(firsts(dataset)).toEqual([5, 6, 8, 7]);
    expect(dataset.notes).toEqual(['2 classes: Happy, Sad']);
  });

  it.each(makers)('of the kind %s with several tables is read where a name tells which', async (_, make) => {
    const other = csv([[1, 'Training']]);
    const both = await load(
      make({ 'fer2013.csv': TABLE, 'icml_face_data.csv': other, 'test.csv': 'pixels' }),
    );
    expect(firsts(both)).toEqual([9, 8]);
    expect(both.notes.at(-1)).toContain(
      'fer2013.csv is read; not read: 2 others, the first: icml_face_data.csv',
    );
    await expectDataError(
      load(make({ 'a/fer2013.csv': TABLE, 'b/fer2013.csv': other })),
      'two data sets inside, a/fer2013.csv, b/fer2013.csv',
      'give the one you mean',
    );
    await expectDataError(
      load(make({ 'a.csv': TABLE, 'b.csv': other })),
      'none of the 2 files a.csv, b.csv has a name that tells which to read',
    );
  });

  it.each(makers)('of the kind %s may hold one archive, but not one in one in one', async (_, make) => {
    const inner = gzipSync(tar({ 'fer2013/fer2013.csv': TABLE }));
    const dataset = await load(make({ 'fer2013.tar.gz': inner, README: 'x' }), 'outer');
    expect(firsts(dataset)).toEqual([9, 8]);
    expect(dataset.notes.join()).toContain(
      'outer: fer2013.tar.gz is read; not read: 1 other, the first: README',
    );
    await expectDataError(
      load(make({ 'a.zip': zip({ 'b.zip': zip({ 'fer2013.csv': TABLE }) }) })),
      'a.zip/b.zip: archives nested three deep are not supported',
    );
    await expectDataError(load(make({ 'a.7z': '7z\xbc' })), 'a.7z');
    await expectDataError(load(make({})), 'none of the expected names inside (found nothing)');
  });

  it.each(makers)('of the kind %s: whatever a message or a note quotes is escaped', async (_, make) => {
    const evil = 'a\x1b[2J\x9b31m';
    await expectDataError(load(make({ [`${evil}/b.txt`]: 'x' })), 'found a\\x1b[2J\\x9b31m/');
    await expectDataError(
      load(make({ [`train/happy/${evil}.png`]: 'x' })),
      `train/happy/a\\x1b[2J\\x9b31m.png`,
    );
    await expectDataError(load(make({ 'fer2013.csv': `${evil}\n` })), 'found "a\\x1b[2J\\x9b31m"');
    const { notes } = await load(make({ ...TREE, [`faces/${evil}`]: 'x', [`faces/${evil}.txt`]: 'x' }));
    expect(notes.slice(1)).toEqual([
      'not read: 1 text or table, the first: faces/a\\x1b[2J\\x9b31m.txt',
      'not read: 1 file outside the class folders, the first: faces/a\\x1b[2J\\x9b31m',
    ]);
  });
});

describe('what is not read', () => {
  const cases: [what: string, start: string, wayOut: string][] = [
    ['a 7z archive', '7z\xbc\xaf\x27\x1c\0', 'unpack it with "7z x download.csv"'],
    ['a RAR archive', 'Rar!\x1a\x07\x01\0', 'unpack it with "unrar x download.csv"'],
    ['a file packed with xz', '\xfd7zXZ\0', 'unpack it with "unxz download.csv"'],
    ['a file packed with bzip2', 'BZh91AY', 'unpack it with "bunzip2 download.csv"'],
    ['a file packed with lz4', '\x04\x22\x4d\x18', 'unlz4'],
    ['a Parquet table', 'PAR1\x15', 'write it as CSV with the columns emotion, pixels and Usage'],
    ['a NumPy array', '\x93NUMPY\x01\0', 'write it as CSV'],
    ['an HDF5 file', '\x89HDF\r\n\x1a\n', 'if it is a model, pass it with --weights'],
    ['a Python pickle', '\x80\x04\x95', 'write it as CSV'],
    ['an SQLite database', 'SQLite format 3\0', 'write it as CSV'],
    ['a web page', '<!DOCTYPE html><html>', 'download it again: the page says what went wrong'],
    ['a web page', '\xef\xbb\xbf\n<html lang="en">', 'asks to sign in'],
    ['an XML file', '<?xml version="1.0"?><Error>', 'download it again'],
    ['a JSON file', '{"code":403,"message":"Permission"}', 'download it again'],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\n', '"git lfs pull"'],
    ['a GIF picture', 'GIF89a', 'predict takes single pictures'],
    ['a file of zero bytes', '\0'.repeat(600), 'it is not whole: download it again'],
    ['a file of an unknown kind', 'ELF\x01\0\0\x02', 'download it again'],
  ];
  it.each(cases)('is told by its name and with a way out: %s', async (what, start, wayOut) => {
    const bytes = Buffer.from(start, 'latin1');
    await expectDataError(
      load(bytes, 'download.csv'),
      what,
      'is not supported; expected fer2013.csv',
      wayOut,
    );
    await expectDataError(load(zip({ 'download.csv': bytes })), `/download.csv: it is ${what}`, wayOut);
    await expectDataError(load(gzipSync(bytes)), `${what}`, 'in a file packed with gzip', 'not supported');
  });

  it('is a packed tar: tar unpacks it', async () => {
    await expectDataError(load('BZh91AY', 'faces.tar.bz2'), 'unpack it with "tar -xf faces.tar.bz2"');
  });

  it.each([
    ['a NumPy archive (.npz)', { 'x.npy': '\x93NUMPY', 'y.npy': '' }],
    ['an Office document', { '[Content_Types].xml': '', 'xl/workbook.xml': '' }],
    ['a Keras model', { 'config.json': '{}', 'model.weights.h5': '' }],
    ['a PyTorch file', { 'archive/data.pkl': '', 'archive/data/0': '' }],
  ])('is a zip of another program: %s', async (what, files) => {
    await expectDataError(load(zip(files)), `${what}, which is not supported`, 'write it as CSV');
  });
});
