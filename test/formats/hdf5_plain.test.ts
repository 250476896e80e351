import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { readWithLibrary } from '../../src/formats/hdf5.js';
import { readPlainH5 } from '../../src/formats/hdf5_plain.js';
import { type H5Group, numbersAt } from '../../src/formats/hdf5_tree.js';
import { encodeH5, type NewH5Group, putGroup, putNumbers, putText } from '../../src/formats/hdf5_writer.js';
import { Rng } from '../../src/util/random.js';
import { newFolder } from '../helpers/keras_files.js';

const limits = { skip: ['left'], most: 1e6 };

/** What the library makes of a file. */
const withLibrary = (bytes: Uint8Array): Promise<H5Group> =>
  readWithLibrary({ bytes, ...limits }, 'a.h5', 10);

/** A file of the library's own liking, written as `options` say. */
async function written(options: object, fill: (file: h5wasm.File) => void): Promise<Buffer> {
  await h5wasm.ready;
  const path = join(newFolder(), 'a.h5');
  const file = new h5wasm.File(path, 'w', options);
  fill(file);
  file.close();
  return readFileSync(path);
}

/** Everything that is read without the library. */
function everything(root: NewH5Group): void {
  putText(root, 'ascii', 'abc');
  putText(root, 'utf8', 'ä€', 'utf8');
  putText(root, 'empty', '');
  root.create_attribute('fixed', ['one', 'two2'], [2], 'A4');
  root.create_attribute('variable', ['one', 'two, and more'], [2], 'S');
  root.create_attribute('none', new Float64Array(0), [0], '<d');
  root.create_attribute('numbers', Float32Array.of(1, 2.5), [2], '<f');
  root.create_attribute('count', BigInt64Array.of(7n), [], '<q');
  for (let i = 0; i < 60; i++) putText(root, `many${i}`, 'x'.repeat(100 + i)); // goes on in other blocks
  putNumbers(putGroup(root, 'left'), 'n', Float32Array.of(1), [1]);
  const group = putGroup(putGroup(root, 'a'), 'b');
  putNumbers(putGroup(group, 'left'), 'n', Float32Array.of(1), [1]); // left out at the root alone
  for (let i = 0; i < 40; i++) putNumbers(group, `n${i}`, Float32Array.of(i, -i), [2, 1]); // a tree of several lists
  const numbers = {
    '<d': Float64Array.of(0.1, -2),
    '<b': Int8Array.of(-3, 4),
    '<B': Uint8Array.of(3, 255),
    '<h': Int16Array.of(-3, 4),
    '<H': Uint16Array.of(3, 65_535),
    '<i': Int32Array.of(-3, 4),
    '<I': Uint32Array.of(3, 4_294_967_295),
    '<q': BigInt64Array.of(-3n, 4n),
    '<Q': BigUint64Array.of(3n, 4n),
  };
  for (const [dtype, data] of Object.entries(numbers)) {
    group.create_dataset({ name: dtype, data, shape: [2], dtype });
  }
  group.create_dataset({ name: 'one', data: Float32Array.of(7), shape: [], dtype: '<f' });
  group.create_dataset({ name: 'texts', data: ['ab', 'c'], shape: [2], dtype: 'S2' });
}

describe('HDF5 files in the form of h5py', () => {
  it('are read as the library reads them', async () => {
    const bytes = await encodeH5(everything);
    const tree = readPlainH5(bytes, limits);
    expect(tree?.attributes.get('variable')).toEqual(['one', 'two, and more']);
    expect(tree?.members.has('left')).toBe(false);
    expect(tree && numbersAt(tree, 'a/b/left/n')).toMatchObject({ data: Float32Array.of(1) });
    expect(tree).toEqual(await withLibrary(bytes));
  });

  it('may have floats of 16 bits', async () => {
    const floats = new Float32Array(4099).fill(1.2345, 0, 1);
    const bytes = Buffer.from(await encodeH5((root) => putNumbers(root, 'n', floats, [4099])));
    /** The library writes none: the type of floats of 32 bits (IV.A.2.d), their number and the first ones become others. */
    const put = (now: Uint8Array, before: Uint8Array): void => bytes.set(now, bytes.indexOf(before));
    const type = (size: number, sign: number, ...fields: readonly number[]): Uint8Array =>
      Uint8Array.of(0x11, 0x20, sign, 0, size, 0, 0, 0, 0, 0, 8 * size, 0, ...fields, 0, 0, 0);
    put(type(2, 15, 10, 5, 0, 10, 15), type(4, 31, 23, 8, 0, 23, 127));
    const extent = (n: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
    for (let i = 0; i < 2; i++) put(extent(8198), extent(4099)); // as they are, and at most
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff);
    put(new Uint8Array(halves.buffer), new Uint8Array(floats.slice(0, 1).buffer));
    for (const tree of [readPlainH5(bytes, limits), await withLibrary(bytes)]) {
      const n = tree && numbersAt(tree, 'n');
      expect([n?.kind, n?.shape]).toEqual(['<e', [8198]]);
      expect([...(n?.data?.subarray(0, 6) ?? [])]).toEqual([1, -2, 0.333251953125, 2 ** -24, 65504, 0]);
    }
  });

  it('are read from anywhere in memory', async () => {
    const bytes = await encodeH5(everything);
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    expect(readPlainH5(moved.subarray(3), limits)).toEqual(readPlainH5(bytes, limits));
  });

  it('of more numbers than are allowed are left to the library', async () => {
    const bytes = await encodeH5((root) => putNumbers(root, 'n', new Float32Array(100), [100]));
    expect(readPlainH5(bytes, { skip: [], most: 400 })).toBeDefined();
    expect(readPlainH5(bytes, { skip: [], most: 399 })).toBeUndefined();
  });

  it('that are cut off anywhere, or damaged, are left to the library, or read as some file', async () => {
    const bytes = await encodeH5((root) => {
      putText(root, 'a', 'text');
      putNumbers(putGroup(root, 'g'), 'n', Float32Array.of(1, 2), [2]);
    });
    for (let length = 0; length < bytes.length; length += 7) {
      expect(readPlainH5(bytes.subarray(0, length), limits), String(length)).toBeUndefined();
    }
    const rng = new Rng(1, 0);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const bad = Uint8Array.from(bytes);
      for (let i = 0; i < 2; i++) bad[rng.int(bad.length)] = rng.int(256);
      if (readPlainH5(bad, limits) === undefined) refused++;
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('HDF5 files in other forms', () => {
  const n = { name: 'n', data: Float32Array.of(1, 2, 3, 4), shape: [4], dtype: '<f' as const };
  const usual = { libver: ['earliest', 'latest'] };
  const forms: readonly (readonly [string, object, (file: h5wasm.File) => void])[] = [
    ['a newer version of the format', { libver: 'latest' }, (file) => file.create_dataset(n)],
    ['numbers in pieces', usual, (file) => file.create_dataset({ ...n, maxshape: [8], chunks: [2] })],
    ['packed numbers', usual, (file) => file.create_dataset({ ...n, chunks: [2], compression: 'gzip' })],
    [
      'groups in the order of their members',
      { ...usual, track_order: true },
      (file) => file.create_dataset(n),
    ],
    [
      'links to names',
      usual,
      (file) => {
        file.create_dataset(n);
        file.create_soft_link('/n', 'same');
      },
    ],
  ];

  it.each(forms)('%s: are left to the library', async (_, options, fill) => {
    const bytes = await written(options, fill);
    expect(readPlainH5(bytes, limits)).toBeUndefined();
    const data = (await withLibrary(bytes)).members.get('n');
    expect(data).toMatchObject({ data: n.data, shape: [4] });
  });
});

describe('HDF5 files that say of themselves what is not usual', () => {
  /** Messages of data types (IV.A.2.d): of `<f`, and of `<i`. */
  const FLOAT = [0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];
  const WHOLE = [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0];
  const SUPERBLOCK = [0x89, 0x48, 0x44, 0x46];
  const LIST = [...Buffer.from('SNOD')];
  const TREE = [...Buffer.from('TREE')];
  const HEAP = [...Buffer.from('HEAP')];
  const TEXTS = [...Buffer.from('GCOL')];
  /** The name of an attribute; 16 bytes before it is the type of its message. */
  const NAME = [...Buffer.from('a\0\0\0\0\0\0\0')];

  it.each([
    ['another version', SUPERBLOCK, 8, 1],
    ['places of four bytes', SUPERBLOCK, 13, 4],
    ['lengths of four bytes', SUPERBLOCK, 14, 4],
    ['a beginning elsewhere', SUPERBLOCK, 24, 1],
    ['more bytes than there are', SUPERBLOCK, 43, 1],
    ['a tree of pieces', TREE, 4, 1],
    ['another word than TREE', TREE, 0, 0x55],
    ['another word than SNOD', LIST, 0, 0x55],
    ['another word than HEAP', HEAP, 0, 0x55],
    ['another word than GCOL', TEXTS, 0, 0x55],
    ['a link to a name', LIST, 8 + 16, 2],
    ['floats with the highest byte first', FLOAT, 1, 0x21],
    ['floats of VAX', FLOAT, 1, 0x60],
    ['an exponent elsewhere', FLOAT, 12, 22],
    ['another exponent', FLOAT, 13, 7],
    ['another mantissa', FLOAT, 15, 22],
    ['another bias', FLOAT, 16, 126],
    ['whole numbers with the highest byte first', WHOLE, 1, 9],
    ['whole numbers that begin at another bit', WHOLE, 8, 1],
    ['whole numbers of fewer bits', WHOLE, 10, 31],
    ['a type that is shared', FLOAT, -4, 2],
    ['a list of links', NAME, -16, 2],
    ['a link', NAME, -16, 6],
    ['filters', NAME, -16, 11],
    ['attributes in a tree', NAME, -16, 21],
  ])('%s: are left to the library', async (_, mark, at, value) => {
    const bytes = Buffer.from(
      await encodeH5((root) => {
        putText(root, 'a', 'text');
        putNumbers(putGroup(root, 'g'), 'n', Float32Array.of(1, 2), [2]);
        root.create_dataset({ name: 'i', data: Int32Array.of(3, -4), shape: [2], dtype: '<i' });
      }),
    );
    expect(readPlainH5(bytes, limits)).toBeDefined();
    const place = bytes.indexOf(Buffer.from(mark)) + at;
    expect(bytes[place]).not.toBe(value);
    bytes[place] = value;
    expect(readPlainH5(bytes, limits)).toBeUndefined();
  });

  it('lie beyond the first four gigabytes only where there are as many', async () => {
    const bytes = Buffer.from(await encodeH5((root) => putNumbers(root, 'n', Float32Array.of(1), [1])));
    bytes[64 + 4] = 1; // the place of the root, 2^32 further
    expect(readPlainH5(bytes, limits)).toBeUndefined();
  });
});
