import { describe, expect, it } from 'vitest';
import { expectDataError, png } from '../data/fixtures.js';
import { type Files, firsts, load, TABLE, TREE, zip } from './fixtures.js';

describe('a zip file', () => {
  /** Where the central directory describes the first file. */
  const entryIn = (bytes: Buffer): number => bytes.indexOf('PK\x01\x02', 0, 'latin1');

  it.each([
    [9, 'Deflate64'],
    [12, 'bzip2'],
    [14, 'LZMA'],
    [95, 'xz'],
    [77, 'method 77'],
  ])('packed by method %i is told by its name; an encrypted one too', async (method, name) => {
    for (const files of [{ 'fer2013.csv': TABLE }, TREE]) {
      const bytes = zip(files);
      bytes.writeUInt16LE(method, entryIn(bytes) + 10);
      await expectDataError(load(bytes), `it is packed with ${name}, which is not supported`, 'unpack it');
      bytes.writeUInt16LE(1, entryIn(bytes) + 8);
      await expectDataError(load(bytes), 'it is encrypted; unpack it with its password');
    }
  });

  it('with files that no program unpacks is read where these are not needed', async () => {
    const bytes = zip({ README: 'x', 'fer2013.csv': TABLE });
    bytes.writeUInt16LE(12, entryIn(bytes) + 10);
    expect(firsts(await load(bytes))).toEqual([9, 8]);
  });

  it('is read behind a program that unpacks it, from Windows, and with zip64 records', async () => {
    expect(firsts(await load(zip(TREE)))).toEqual([5, 6, 8, 7]);
    const backslashes = Object.fromEntries(
      Object.entries(TREE).map(([name, content]) => [name.replaceAll('/', '\\'), content]),
    );
    expect(firsts(await load(zip(backslashes)))).toEqual([5, 6, 8, 7]);
    expect(firsts(await load(zip64({ 'fer2013.csv': TABLE })))).toEqual([9, 8]);
    const program = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100), zip(TREE)]);
    expect(firsts(await load(program))).toEqual([5, 6, 8, 7]);
  });

  it('that is larger than it says, or says too much, is an error', async () => {
    const small = zip({ 'fer2013.csv': TABLE });
    small.writeUInt32LE(100, entryIn(small) + 24);
    await expectDataError(load(small), 'fer2013.csv cannot be unpacked');
    const large = zip({ 'fer2013.csv': TABLE });
    large.writeUInt32LE(4e9, entryIn(large) + 24);
    await expectDataError(load(large), 'fer2013.csv: it unpacks to 4,000 MB; expected at most 64 MB');
    const picture = zip({ 'train/happy/a.png': png([1, 1, 1]) });
    picture.writeUInt32LE(4e8, entryIn(picture) + 24);
    await expectDataError(load(picture), 'train/happy/a.png: it unpacks to 400 MB; expected at most 64 MB');
  });

  it('with a list of files that is damaged is an error', async () => {
    const whole = zip(TREE);
    const entry = entryIn(whole);
    for (const [at, value, what] of [
      [entry + 28, 60_000, 'its list of files ends early'],
      [entry, 0, 'its list of files ends early'],
      [entry + 42, 3, 'is missing'],
      [entry + 20, 60_000, 'ends early'],
    ] as const) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt16LE(value, at);
      await expectDataError(load(bytes), 'the zip file is cut off or damaged', what);
    }
    await expectDataError(load(whole.subarray(0, entry)), 'its list of files is missing');
  });

  it('holds symbolic links: each counts as a bad picture', async () => {
    const bytes = zip({
      'train/happy/a.png': png([1, 1, 1]),
      'train/sad/b.png': png([2, 2, 2]),
      'train/sad/c.png': 'b.png',
    });
    const link = bytes.indexOf('train/sad/c.png', entryIn(bytes)) - 46;
    bytes[link + 5] = 3; // made on Unix
    bytes.writeUInt32LE(0o120777 * 65536, link + 38);
    await expectDataError(load(bytes), 'train/sad/c.png: it is a symbolic link; expected a file');
    expect((await load(bytes, 'a', true)).skipped).toBe(1);
  });
});

/** A zip whose sizes and places stand in records of zip64, as of files of more than 4 GB. */
function zip64(files: Files): Buffer {
  const plain = zip(files);
  const end = plain.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const start = plain.readUInt32LE(end + 16);
  const entry = plain.subarray(start, end);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  for (const [i, at] of [24, 20, 42].entries()) {
    extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(at)), 4 + 8 * i);
    entry.writeUInt32LE(0xffffffff, at);
  }
  entry.writeUInt16LE(28, 30);
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  for (const [at, value] of [
    [4, 44],
    [24, 1],
    [32, 1],
    [40, entry.length + 28],
    [48, start],
  ] as const) {
    record.writeBigUInt64LE(BigInt(value), at);
  }
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(start + entry.length + 28), 8);
  const last = Buffer.from(plain.subarray(end));
  last.fill(0xff, 8, 20);
  return Buffer.concat([plain.subarray(0, start), entry, extra, record, locator, last]);
}
