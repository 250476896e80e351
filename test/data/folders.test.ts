import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { allNotes } from '../../src/data/split_builder.js';
import { csv, expectDataError, folderWith, jpg, PIXELS, pixels, png } from './fixtures.js';

type Files = Record<string, string | Uint8Array>;
const NO_CACHE = { cacheDir: false } as const;

/** The same files as a folder tree and as a zip file. */
const asFolder = (files: Files): string => folderWith(files);
const asZip = (files: Files): string => {
  const bytes = Object.entries(files).map(([name, content]) => [name, Buffer.from(content)] as const);
  return join(folderWith({ 'download.zip': zipSync(Object.fromEntries(bytes)) }), 'download.zip');
};
const both = [
  ['folder tree', asFolder],
  ['zip file', asZip],
] as const;

describe.each(both)('a %s', (_, make) => {
  it('has its splits and classes by name, in any case and the usual words', async () => {
    const { splits, name, classes } = await loadDataset(
      make({
        'Train/Angry/a.jpg': jpg(10),
        'Train/sadness/b.PNG': png([40, 40, 40]),
        'VALID/sad/c.jpeg': jpg(90),
        'VALID/anger/d.png': png([200, 200, 200]),
        'test/ANGRY/e.jpg': jpg(120),
        'test/Sad/e.jpg': jpg(120),
        'test/Sad/.DS_Store': 'litter',
        'test/Sad/notes.txt': 'no picture',
      }),
      NO_CACHE,
    );
    expect([name, classes]).toEqual(['folders of 2 classes', ['Angry', 'Sad']]);
    expect([...splits.train.labels]).toEqual([0, 1]);
    expect([...splits.validation.labels]).toEqual([0, 1]);
    expect(splits.validation.images[0]).toBe(200);
    expect([...splits.test.labels]).toEqual([0, 1]);
    expect(splits.train.images.length).toBe(2 * PIXELS);
    expect(Math.abs((splits.train.images[0] as number) - 10)).toBeLessThan(3);
    expect(splits.train.images[PIXELS]).toBe(40);
  });

  it('has splits by words with a number before or "set" behind', async () => {
    const names = ['1_train', 'Validate', 'test-set'];
    const files = names.map((name, i) => [`${name}/sad/a.png`, png([i, i, i])] as const);
    const { splits } = await loadDataset(make(Object.fromEntries(files)), NO_CACHE);
    expect(['train', 'validation', 'test'].map((name) => splits[name as 'train'].images[0])).toEqual([
      0, 1, 2,
    ]);
  });

  it('may lie one folder deep, and twice: the least deep counts', async () => {
    const path = make({
      'images/train/happy/a.png': png([1, 1, 1]),
      'images/validation/happy/a.png': png([2, 2, 2]),
      'images/images/train/happy/a.png': png([3, 3, 3]),
    });
    const { splits } = await loadDataset(path, NO_CACHE);
    expect([splits.train.images[0], splits.train.labels.length, splits.validation.images[0]]).toEqual([
      1, 1, 2,
    ]);
  });

  it('turns colour to gray with BT.601 and other sizes to 48 x 48', async () => {
    const path = make({
      'val/fear/a.png': png([255, 0, 0]),
      'val/fear/b.png': png([0, 255, 0], 96, 96),
      'val/fear/c.png': png([0, 0, 255], 20, 31),
      'val/fear/d.jpg': png([77, 77, 77]),
    });
    const { images } = (await loadDataset(path, NO_CACHE)).splits.validation;
    const rows = [0, 1, 2, 3].map((i) => new Set(images.subarray(i * PIXELS, (i + 1) * PIXELS)));
    expect(rows.map((row) => [...row])).toEqual([[76], [150], [29], [77]]);
  });

  it('holds a tenth of each training class out when there is no validation, the same for every seed, and says so', async () => {
    const files: Files = { 'test/happy/x.png': png([9, 9, 9]), 'test/sad/x.png': png([9, 9, 9]) };
    for (let i = 0; i < 20; i++) {
      files[`train/happy/${i}.png`] = png([i, i, i]);
      files[`train/sad/${i}.png`] = png([100 + i, 100 + i, 100 + i]);
    }
    const path = make(files);
    const [a, again, other] = await Promise.all(
      [{ seed: 7 }, { seed: 8 }, { heldOutSeed: 8 }].map((seeds) =>
        loadDataset(path, { ...NO_CACHE, ...seeds }),
      ),
    );
    expect(a?.name).toContain('10 % of train held out as validation');
    expect([...(a?.splits.validation.labels ?? [])].sort()).toEqual([0, 0, 1, 1]);
    expect(a?.splits.train.labels.length).toBe(36);
    const all = (d: typeof a) => [d?.splits.train, d?.splits.validation].flatMap((s) => firsts(s?.images));
    expect(new Set(all(a)).size).toBe(40);
    expect(all(again)).toEqual(all(a));
    expect(all(other)).not.toEqual(all(a));
  });

  it('says which image cannot be read, or leaves it out and counts it', async () => {
    const whole = jpg(90);
    for (const bad of [Buffer.from('no image'), whole.subarray(0, 300), new Uint8Array(0)]) {
      const path = make({ 'val/happy/bad.jpg': bad, 'val/sad/good.jpg': whole });
      await expectDataError(
        loadDataset(path, NO_CACHE),
        'val/happy/bad.jpg',
        'replace or remove it',
        '--skip-bad',
      );
      const { skipped, splits } = await loadDataset(path, { ...NO_CACHE, skipBad: true });
      expect([skipped, ...splits.validation.labels]).toEqual([1, 1]);
    }
    for (const [content, what] of [
      [
        'version https://git-lfs.github.com/spec/v1',
        'a pointer of Git LFS, not the file itself, not a picture',
      ],
      ['<!DOCTYPE html>', 'a web page, not a picture; expected JPEG'],
      ['PK\x03\x04', 'a zip archive, not a picture'],
    ] as const) {
      await expectDataError(
        loadDataset(make({ 'val/happy/a.jpg': content }), NO_CACHE),
        `a.jpg: it is ${what}`,
      );
    }
    const other = make({ 'val/happy/a.jpg': 'P5\n48 48\n255\n' });
    await expectDataError(
      loadDataset(other, NO_CACHE),
      'val/happy/a.jpg: PNM pictures are not supported; expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP: convert it',
    );
    await expectDataError(loadDataset(other, { ...NO_CACHE, skipBad: true }), 'no good image among 1');
  });

  it('says what lies in it and is not read', async () => {
    const path = make({
      'faces/train/happy/a.jpg': jpg(1),
      'faces/train/happy/list.csv': 'a',
      'faces/README.md': 'a',
      'faces/train/notes.txt': 'a',
      'faces/extra/b.jpg': jpg(1),
      'other/c\x1b.jpg': jpg(1),
    });
    const cacheDir = join(folderWith({}), 'cache');
    for (const what of ['read', 'cached']) {
      expect((await loadDataset(path, { cacheDir })).notes.slice(-2), what).toEqual([
        'not read: 3 texts and tables, the first: faces/README.md',
        'not read: 2 files outside the class folders, the first: faces/extra/b.jpg',
      ]);
    }
  });

  it('tells how far it is every 256 images, and at the end', async () => {
    const files: Files = {};
    for (let i = 0; i < 300; i++) files[`val/sad/${i}.png`] = png([i % 200, i % 200, i % 200]);
    const seen: object[] = [];
    const { splits } = await loadDataset(make(files), {
      ...NO_CACHE,
      onProgress: (progress) => seen.push(progress),
    });
    expect(splits.validation.labels).toHaveLength(300);
    expect(seen).toEqual([0, 256, 300].map((done) => ({ done, total: 300, unit: 'images' })));
  });

  it('refuses a tree of another shape', async () => {
    const good = { 'train/happy/a.png': png([1, 1, 1]) };
    const refuse = (files: Files, ...parts: string[]) =>
      expectDataError(loadDataset(make(files), { ...NO_CACHE, skipBad: true }), ...parts);
    await refuse(
      { 'cats/a.txt': 'x', 'dogs/a.txt': 'x' },
      'none of the expected names',
      'cats/',
      'train',
      'angry',
    );
    await refuse({ ...good, 'train/bored/notes.txt': 'x' }, 'train/bored is empty');
    await refuse({ ...good, 'train/sad/notes.txt': 'x' }, 'train/sad is empty', 'expected pictures');
    await refuse({ ...good, 'train/x.jpg': jpg(1) }, 'train/x.jpg', 'outside the class folders');
    await refuse({ ...good, 'train/happy/more/x.jpg': jpg(1) }, 'train/happy/more/x.jpg', 'outside');
    await refuse(
      { 'a/train/happy/a.png': png([1, 1, 1]), 'b/train/happy/a.png': png([1, 1, 1]) },
      'two data sets',
    );
  });
});

describe('what only one of them can be', () => {
  it('a folder with nothing inside, an empty class folder, links to folders and to nothing', async () => {
    await expectDataError(
      loadDataset(folderWith({}), NO_CACHE),
      'none of the expected names',
      'found nothing',
    );
    const root = folderWith({ 'train/happy/a.png': png([1, 1, 1]), 'train/sad/a.png': png([1, 1, 1]) });
    rmSync(join(root, 'train/sad/a.png'));
    await expectDataError(loadDataset(root, NO_CACHE), root, 'train/sad is empty');
    rmSync(join(root, 'train/sad'), { recursive: true });
    symlinkSync(join(root, 'train'), join(root, 'val'));
    symlinkSync(join(root, 'nowhere'), join(root, 'val', 'happy', 'notes.txt')); // leads nowhere
    expect((await loadDataset(root, NO_CACHE)).splits.validation.labels.length).toBe(1);
  });

  it('a zip file that is cut off', async () => {
    const whole = zipSync({ 'train/happy/a.jpg': jpg(3) });
    const root = folderWith({ 'archive.zip': whole.subarray(0, whole.length - 40) });
    await expectDataError(
      loadDataset(root, NO_CACHE),
      'archive.zip',
      'cut off or damaged',
      'download it again',
    );
  });

  it('a zip file of a large CSV, with extra fields, comments and litter around it', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => [i % 7, 'PublicTest', pixels(i)] as const);
    const text = Buffer.from(csv(rows));
    const litter = csv([[0, 'PublicTest']]);
    const whole = zipSync({
      '__MACOSX/fer2013.csv': Buffer.from(litter),
      'a/notes.txt': [Buffer.from('x'), { comment: 'some words', extra: { 99: new Uint8Array(7) } }],
      'fer2013.csv.txt': Buffer.from(litter),
      'b/FER2013.csv': [text, { comment: 'more', level: 0 }],
      'c.txt': [Buffer.from('y'), { level: 0 }],
    });
    const path = join(folderWith({ 'archive.zip': whole }), 'archive.zip');
    const { splits, source } = await loadDataset(path, NO_CACHE);
    expect(source).toBe(`${path}/b/FER2013.csv`);
    expect(splits.validation.labels).toHaveLength(200);
    expect(firsts(splits.validation.images)).toEqual(rows.map((_, i) => i));
    // A changed byte of the CSV is found by the checksum that stands behind other entries' extra fields and comments.
    const at = Buffer.from(whole).indexOf(text) + 30;
    const bytes = Uint8Array.from(whole);
    bytes[at] = (bytes[at] as number) ^ 1;
    const bad = join(folderWith({ 'archive.zip': bytes }), 'archive.zip');
    await expectDataError(loadDataset(bad, NO_CACHE), 'b/FER2013.csv has a wrong checksum');
  });

  it('a zip file with a comment at its end', async () => {
    const whole = Buffer.from(zipSync({ 'val/happy/a.png': png([3, 3, 3]) }));
    whole.writeUInt16LE(5, whole.length - 2);
    const path = join(folderWith({ 'x.zip': Buffer.concat([whole, Buffer.from('hello')]) }), 'x.zip');
    expect((await loadDataset(path, NO_CACHE)).splits.validation.images[0]).toBe(3);
  });

  it('a zip file with a changed byte', async () => {
    const whole = zipSync({ 'val/happy/a.png': png([3, 3, 3]) }, { level: 0 });
    for (const at of [60, 90, 120]) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      const root = folderWith({ 'archive.zip': bytes });
      await expectDataError(
        loadDataset(root, NO_CACHE),
        'archive.zip',
        'val/happy/a.png has a wrong checksum',
      );
    }
  });
});

/** The first pixel of each image. */
function firsts(images: Uint8Array = new Uint8Array(0)): number[] {
  return Array.from({ length: images.length / PIXELS }, (_, i) => images[i * PIXELS] as number);
}

describe('a folder with links', () => {
  it('counts a link that leads nowhere, and one in a circle, as one bad picture each', async () => {
    const path = asFolder({ 'val/sad/good.jpg': jpg(90) });
    symlinkSync('nowhere', join(path, 'val/sad/a.jpg'));
    symlinkSync('b.jpg', join(path, 'val/sad/b.jpg'));
    await expectDataError(
      loadDataset(path, NO_CACHE),
      'val/sad/a.jpg',
      'the link leads nowhere',
      '--skip-bad',
    );
    const data = await loadDataset(path, { ...NO_CACHE, skipBad: true });
    expect([data.skipped, data.splits.validation.labels.length]).toEqual([2, 1]);
    expect(allNotes(data)).toContain(
      `2 rows or images left out that cannot be read, the first: ${path}/val/sad/a.jpg: cannot be read (the link leads nowhere)`,
    );
  });
});
