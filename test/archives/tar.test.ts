import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectDataError, folderWith, png } from '../data/fixtures.js';
import { firsts, load, rawTar, TABLE, TREE, tar } from './fixtures.js';

describe('a tar file', () => {
  const long = `faces/train/happy/${'x'.repeat(90)}.png`;
  const longer = long.replace('x', 'x'.repeat(40));
  it.each(['ustar', 'gnu', 'pax', 'v7'])('is read, packed or not, under any name: %s', async (format) => {
    const { 'faces/train/happy/a.png': happy, ...others } = TREE;
    const name = { v7: 'faces/train/happy/a.png', ustar: long }[format] ?? longer;
    const bytes = tar({ ...others, [name]: happy }, [`--format=${format}`]);
    for (const [name, content] of [
      ['a.tar', bytes],
      ['b.tgz', gzipSync(bytes)],
      ['fer2013.csv.gz', gzipSync(bytes)],
    ] as const) {
      const dataset = await load(content, name);
      expect(firsts(dataset)).toEqual([5, 6, 8, 7]);
      expect(dataset.notes).toEqual(['2 classes: Happy, Sad']);
    }
  });

  it('holds fer2013.csv, as that of Kaggle does; what else is in it is told', async () => {
    const files = { 'fer2013/fer2013.csv': TABLE, 'fer2013/README': 'x', 'fer2013/fer2013.bib': 'x' };
    const dataset = await load(gzipSync(tar(files)), 'fer2013.tar.gz');
    expect(firsts(dataset)).toEqual([9, 8]);
    expect(dataset.source).toMatch(/fer2013\.tar\.gz\/fer2013\/fer2013\.csv$/);
    expect(dataset.notes.join()).toMatch(
      /fer2013\/fer2013\.csv is read; not read: 2 others, the first: fer2013\/(README|fer2013\.bib)$/,
    );
  });

  it('is an error where it is cut off, also between two files', async () => {
    const bytes = tar(TREE, ['--format=gnu']);
    await expectDataError(load(bytes.subarray(0, 512 * 4 + 100)), 'the tar file is cut off or damaged');
    const end = bytes.lastIndexOf('IEND', undefined, 'latin1');
    const lastBlock = bytes.subarray(0, Math.ceil(end / 512) * 512);
    await expectDataError(load(lastBlock), 'cut off or damaged (its end is missing)');
    await expectDataError(load(gzipSync(bytes).subarray(0, -30)), 'the gzip file is cut off or damaged');
    const damaged = Buffer.from(bytes);
    damaged.write('train', bytes.indexOf('faces/val'));
    await expectDataError(load(damaged), 'no file begins at byte');
  });

  it('goes on behind its end, where another was appended', async () => {
    const [one, two] = [
      rawTar([['train/happy/a.png', png([1, 1, 1])]]),
      rawTar([['train/sad/b.png', png([2, 2, 2])]]),
    ];
    expect(firsts(await load(Buffer.concat([one, two])))).toEqual([1, 2]);
    expect(firsts(await load(Buffer.concat([one, two, Buffer.from('garbage')])))).toEqual([1, 2]);
  });

  it('may name files outside of it: nothing is written, and such parts of names are left out', async () => {
    const dataset = await load(
      rawTar([
        ['../../train/happy/a.png', png([1, 1, 1])],
        ['/train/sad/b.png', png([2, 2, 2])],
        ['./train//sad/./c.png', png([3, 3, 3])],
        ['../../etc/passwd', 'root'],
      ]),
    );
    expect(firsts(dataset)).toEqual([1, 2, 3]);
    expect(dataset.notes[1]).toBe('not read: 1 file outside the class folders, the first: etc/passwd');
  });

  it('has the last of several files of one name, hard links, and no devices', async () => {
    const dataset = await load(
      rawTar([
        ['train/happy/a.png', png([1, 1, 1])],
        ['train/sad/b.png', '', '1', 'train/happy/a.png'],
        ['train/happy/a.png', png([4, 4, 4])],
        ['train/', '', '5'],
        ['tape', '', 'V'],
      ]),
    );
    expect(firsts(dataset)).toEqual([4, 1]);
    for (const [type, link, what] of [
      [
        '2',
        '/etc/passwd',
        'it is a symbolic link (to /etc/passwd): pack files with "tar -h"; expected a file',
      ],
      ['1', 'nowhere', 'it is a link to nowhere, which is not in the archive; expected a file'],
      ['3', '', 'it is a device'],
      ['S', '', 'it is a sparse file'],
    ] as const) {
      const bytes = rawTar([
        ['train/happy/a.png', png([1, 1, 1])],
        ['train/sad/b.png', '', type, link],
        ['train/sad/c.png', png([2, 2, 2])],
      ]);
      await expectDataError(load(bytes), `train/sad/b.png: ${what}`, '--skip-bad');
      expect((await load(bytes, 'a', true)).skipped).toBe(1);
    }
  });

  it('with sparse files is refused by what they are, and the files around them are found', async () => {
    const hole = Buffer.alloc(1 << 18);
    hole.write('x', 100_000);
    for (const format of ['gnu', 'pax']) {
      const folder = folderWith({ 'train/happy/a.png': hole, 'train/sad/b.png': png([2, 2, 2]) });
      execFileSync('cp', [
        '--sparse=always',
        join(folder, 'train/happy/a.png'),
        join(folder, 'train/happy/b.png'),
      ]);
      const bytes = execFileSync('tar', ['-C', folder, `--format=${format}`, '-S', '-cf', '-', '.']);
      const { skipped, splits, bad } = await load(bytes, 'a.tar', true);
      expect(splits.train.labels.length, format).toBe(1);
      expect(skipped).toBe(2);
      expect(bad[1]).toContain('train/happy/b.png: it is a sparse file');
    }
  });
});
