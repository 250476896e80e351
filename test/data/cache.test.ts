import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { removeUnused } from '../../src/data/cache.js';
import { loadDataset } from '../../src/data/load.js';
import { csv, folderWith, pixels, png } from './fixtures.js';

/** A CSV source with its own cache folder; `load` also tells whether the source was parsed. */
function cached(files: Record<string, string | Uint8Array>, name = '') {
  const [root, cacheDir] = [folderWith(files), folderWith({})];
  const load = async (options = {}) => {
    let parsed = false;
    const onProgress = (): void => {
      parsed = true;
    };
    const data = await loadDataset(join(root, name), { cacheDir, onProgress, ...options });
    return { data, parsed };
  };
  return { root, cacheDir, load, files: () => readdirSync(cacheDir) };
}

const text = csv([
  [0, 'Training', pixels(1)],
  [4, 'PublicTest', pixels(2)],
  [6, 'PrivateTest', pixels(3)],
]);

describe('the cache', () => {
  it('gives the same data the second time, without parsing', async () => {
    const { load, files } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    const first = await load();
    expect(first.parsed).toBe(true);
    expect(files().length).toBe(1);
    const second = await load();
    expect(second.parsed).toBe(false);
    expect(second.data).toEqual(first.data);
  });

  it('sees that a file changed, and drops what it kept of the old one', async () => {
    const { load, files, root } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    await load();
    utimesSync(join(root, 'fer2013.csv'), 1000, 1000);
    expect((await load()).parsed).toBe(true);
    writeFileSync(join(root, 'fer2013.csv'), csv([[5, 'PublicTest']]));
    const { data, parsed } = await load();
    expect([parsed, ...data.splits.validation.labels]).toEqual([true, 6]);
    expect(files().length).toBe(1);
  });

  it('reads the source again when it is damaged anywhere or cut off', async () => {
    const { load, files, cacheDir } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    const { data } = await load();
    const path = join(cacheDir, files()[0] as string);
    const whole = readFileSync(path);
    const flipped = [0, 9, 13, 20, 300, whole.length - 1].map((at) => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8((bytes[at] as number) ^ 4, at);
      return bytes;
    });
    for (const bad of [...flipped, whole.subarray(0, -9), whole.subarray(0, 12), Buffer.alloc(0)]) {
      writeFileSync(path, bad);
      const again = await load();
      expect(again.parsed).toBe(true);
      expect(again.data).toEqual(data);
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  it('says that it was used', async () => {
    const { load, files, cacheDir } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    await load();
    const path = join(cacheDir, files()[0] as string);
    utimesSync(path, 1000, 1000);
    const begin = Math.floor(Date.now() / 1000);
    await load();
    expect(statSync(path).mtimeMs / 1000).toBeGreaterThanOrEqual(begin);
  });

  it.each([
    [300, ['a', 'b', 'c']],
    [299, ['b', 'c']],
    [100, ['c']],
    [1, ['c']],
  ])('of at most %i bytes keeps what was used last: %j', (limit, kept) => {
    const folder = folderWith({ 'tuning.json': 'x'.repeat(999) });
    for (const [i, name] of ['c', 'a', 'b'].entries()) {
      const path = join(folder, `${name}.faces`);
      writeFileSync(path, 'x'.repeat(100));
      utimesSync(path, [3, 1, 2][i] as number, [3, 1, 2][i] as number);
    }
    removeUnused(folder, limit);
    expect(readdirSync(folder)).toEqual([...kept.map((name) => `${name}.faces`), 'tuning.json']);
  });

  it('is one a source: another of the same name, and other files, stay', async () => {
    const { load, files, root, cacheDir } = cached(
      { 'a/faces-of-2013.csv': text, 'b/faces-of-2013.csv': csv([[5, 'PublicTest']]) },
      'a/faces-of-2013.csv',
    );
    const other = () => loadDataset(join(root, 'b/faces-of-2013.csv'), { cacheDir });
    const { data } = await load();
    const [kept = ''] = files();
    expect(kept).toMatch(/^faces-of-2013\.csv\.[0-9a-f]{12}\.[0-9a-f]{12}\.faces$/);
    const notes = kept.replace(/[0-9a-f]{12}\.faces$/, 'notes');
    writeFileSync(join(cacheDir, notes), 'mine');
    const second = await other();
    expect([...second.splits.validation.labels]).toEqual([6]);
    expect(files()).toHaveLength(3);
    utimesSync(join(root, 'b/faces-of-2013.csv'), 1000, 1000);
    await other();
    expect(files()).toHaveLength(3);
    expect(files()).toEqual(expect.arrayContaining([kept, notes]));
    expect(await load()).toEqual({ data, parsed: false });
  });

  it('holds magic, checksum, header and bytes as it says', async () => {
    const { load, files, cacheDir } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    const { data } = await load();
    const bytes = readFileSync(join(cacheDir, files()[0] as string));
    expect(bytes.toString('latin1', 0, 8)).toBe('FERTUI05');
    expect(bytes.readUInt32LE(8)).toBe(crc32(bytes.subarray(12)));
    const end = 16 + bytes.readUInt32LE(12);
    expect(JSON.parse(bytes.toString('utf8', 16, end))).toEqual({
      ...{ name: data.name, source: data.source, classes: data.classes, notes: [], skipped: 0, bad: [] },
      ...{ counts: { train: 1, validation: 1, test: 1 } },
    });
    const { train, validation, test } = data.splits;
    const parts = [train, validation, test].flatMap(({ labels, images }) => [
      Uint8Array.from(labels),
      images,
    ]);
    expect(bytes.subarray(end).equals(Buffer.concat(parts))).toBe(true);
  });

  it('keeps folder trees, and sees a changed image', async () => {
    const { load, root } = cached({ 'val/sad/a.png': png([1, 1, 1]), 'val/sad/b.png': png([2, 2, 2]) });
    expect((await load()).parsed).toBe(true);
    expect((await load()).parsed).toBe(false);
    writeFileSync(join(root, 'val/sad/a.png'), png([50, 50, 50]));
    const { data, parsed } = await load();
    expect([parsed, data.splits.validation.images[0]]).toEqual([true, 50]);
  });

  it('holds validation images out by the seed in use', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [3, 'Training', pixels(i)] as const);
    const { load } = cached({ 'fer2013.csv': csv(rows) }, 'fer2013.csv');
    const { data } = await load({ heldOutSeed: 1 });
    const other = await load({ heldOutSeed: 2 });
    expect(data.splits.validation.labels.length).toBe(4);
    expect([other.parsed, data.name === other.data.name]).toEqual([false, true]);
    expect(other.data.splits.validation.images).not.toEqual(data.splits.validation.images);
  });

  it('keeps nothing of a source with bad rows', async () => {
    const { load, files } = cached({ 'fer2013.csv': `${text}9,${pixels()},Training\n` }, 'fer2013.csv');
    expect((await load({ skipBad: true })).data.skipped).toBe(1);
    expect((await load({ skipBad: true })).data.skipped).toBe(1);
    expect(files()).toEqual([]);
  });

  it('can be off, and a folder that cannot be written is no error', async () => {
    const { load, files, root } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    expect((await load({ cacheDir: false })).parsed).toBe(true);
    expect(files()).toEqual([]);
    const { data } = await load({ cacheDir: join(root, 'fer2013.csv', 'no-folder') });
    expect(data.splits.train.labels.length).toBe(1);
    expect(statSync(join(root, 'fer2013.csv')).isFile()).toBe(true);
  });

  it('lies in XDG_CACHE_HOME/fer-tui by default', async () => {
    const { load, cacheDir } = cached({ 'fer2013.csv': text }, 'fer2013.csv');
    const before = process.env['XDG_CACHE_HOME'];
    process.env['XDG_CACHE_HOME'] = cacheDir;
    try {
      await load({ cacheDir: undefined });
    } finally {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
    }
    expect(readdirSync(join(cacheDir, 'fer-tui')).length).toBe(1);
  });
});
