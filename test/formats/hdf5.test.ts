import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { isH5, readH5Tree } from '../../src/formats/hdf5.js';
import { readPlainH5 } from '../../src/formats/hdf5_plain.js';
import { at, groupAt, type H5Group, numbersAt, textsOf } from '../../src/formats/hdf5_tree.js';
import {
  encodeH5,
  type NewH5Group,
  putGroup,
  putNumbers,
  putText,
  putTexts,
} from '../../src/formats/hdf5_writer.js';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { readH5, writeH5 } from '../../src/formats/keras_h5.js';
import { isZip, readKerasZip } from '../../src/formats/keras_zip.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { RunError } from '../../src/util/errors.js';
import { kerasZip, newFolder, writeNumberedWeights } from '../helpers/keras_files.js';
import { miniXception, randomWeights } from '../helpers/networks.js';
import { KERAS_2_0, KERAS_3 } from './keras_samples.js';

/** What is read from a file that `fill` fills. */
const through = async (fill: (file: NewH5Group) => void): Promise<H5Group> =>
  readH5Tree(await encodeH5(fill), 'a.h5');

/** A file whose heap of texts says that the free part behind them has 0 bytes: the library looks for what follows it for ever. */
function endless(whole: Uint8Array): Uint8Array {
  const bytes = Buffer.from(whole);
  let at = bytes.indexOf('GCOL') + 16;
  while (bytes.readUInt16LE(at) !== 0) at += 16 + 8 * Math.ceil(bytes.readUInt32LE(at + 8) / 8);
  bytes.writeBigUInt64LE(0n, at + 8);
  return bytes;
}

describe('HDF5', () => {
  it('is known by its first eight bytes', () => {
    const signature = Buffer.from('894844460d0a1a0a', 'hex');
    expect(isH5(Buffer.concat([signature, Buffer.alloc(4)]))).toBe(true);
    expect([signature.subarray(0, 7), Buffer.from('PK'), Buffer.alloc(0)].map(isH5)).toEqual([
      false,
      false,
      false,
    ]);
    expect(isH5(Buffer.concat([Buffer.alloc(1), signature]))).toBe(false);
  });

  it('has groups and numbers at paths, and nothing beside them', async () => {
    const file = await through((root) => {
      putNumbers(putGroup(putGroup(root, 'a'), 'b'), 'n', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    });
    expect(numbersAt(file, 'a/b/n')).toEqual({
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
      kind: '<f',
    });
    expect([...(groupAt(file, 'a/b')?.members.keys() ?? [])]).toEqual(['n']);
    expect([...(groupAt(file, 'a')?.members.keys() ?? [])]).toEqual(['b']);
    for (const path of ['x', 'a/x', 'a/b/n/x', 'x/b', 'b', 'constructor', '__proto__']) {
      expect([at(file, path), groupAt(file, path), numbersAt(file, path)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
    expect([groupAt(file, 'a/b/n'), numbersAt(file, 'a/b')]).toEqual([undefined, undefined]);
  });

  it('gives other numbers as floats of 32 bits, with their kind, and no texts', async () => {
    const file = await through((root) => {
      root.create_dataset({ name: 'd', data: Float64Array.of(0.5, 2), shape: [2], dtype: '<d' });
      root.create_dataset({ name: 'i', data: Int32Array.of(3, -4), shape: [2], dtype: '<i' });
      root.create_dataset({ name: 'q', data: BigInt64Array.of(5n), shape: [1], dtype: '<q' });
      root.create_dataset({ name: 's', data: Float32Array.of(7), shape: [], dtype: '<f' });
      root.create_dataset({ name: 't', data: ['ab'], shape: [1], dtype: 'S2' });
    });
    expect(numbersAt(file, 'd')).toEqual({ shape: [2], data: Float32Array.of(0.5, 2), kind: '<d' });
    expect(numbersAt(file, 'i')).toEqual({ shape: [2], data: Float32Array.of(3, -4), kind: '<i' });
    expect(numbersAt(file, 'q')).toEqual({ shape: [1], data: Float32Array.of(5), kind: '<q' });
    expect(numbersAt(file, 's')).toEqual({ shape: [], data: Float32Array.of(7), kind: '<f' });
    expect(numbersAt(file, 't')).toEqual({ shape: [1], data: undefined, kind: 'S2' });
  });

  it.each([
    'plain',
    'read by the library',
  ])('has texts in UTF-8 that are marked as ASCII: %s', async (form) => {
    const bytes = await encodeH5((root) => {
      putText(root, 'one', 'Conv_..t');
      putTexts(root, 'list', ['bn ......', 'b']);
      const data = Float32Array.of(1, 2);
      const chunks = form === 'plain' ? {} : { maxshape: [null], chunks: [1] };
      root.create_dataset({ name: 'd', data, shape: [2], dtype: '<f', ...chunks });
    });
    const marked = Buffer.from(bytes);
    marked.write('Conv_ét', marked.indexOf('Conv_..t'));
    marked.write('bn 表情', marked.indexOf('bn ......'));
    expect(readPlainH5(marked, { skip: [], most: 1e6 }) === undefined).toBe(form !== 'plain');
    const file = await readH5Tree(marked, 'a.h5');
    expect(file.attributes.get('one')).toBe('Conv_ét');
    expect(textsOf(file, 'list')).toEqual(['bn 表情', 'b']);
  });

  it('has texts: one, lists, lists in pieces, none', async () => {
    const long = Array.from({ length: 51 }, (_, i) => `${i} ${'x'.repeat(3000)}`);
    const bytes = await encodeH5((root) => {
      putText(root, 'ascii', 'abc');
      putText(root, 'utf8', 'ä€', 'utf8');
      putTexts(root, 'list', ['one', 'two2']);
      putTexts(root, 'wide', ['ä'.repeat(3), 'b']);
      putTexts(root, 'none', []);
      putTexts(root, 'long', long);
      putTexts(root, 'fits', ['y'.repeat(60_000)]);
    });
    const file = await readH5Tree(bytes, 'a.h5');
    expect(['ascii', 'utf8', 'x'].map((name) => file.attributes.get(name))).toEqual(['abc', 'ä€', undefined]);
    expect(textsOf(file, 'ascii')).toEqual(['abc']);
    expect(textsOf(file, 'list')).toEqual(['one', 'two2']);
    expect(textsOf(file, 'wide')).toHaveLength(2);
    expect(textsOf(file, 'none')).toEqual([]);
    expect(textsOf(file, 'x')).toEqual([]);
    expect(textsOf(file, 'long')).toEqual(long);
    const path = join(newFolder(), 'a.h5');
    writeFileSync(path, bytes);
    await h5wasm.ready;
    const { attrs } = new h5wasm.File(path, 'r');
    const pieces = Object.keys(attrs).filter((name) => name.startsWith('long'));
    expect(pieces.sort()).toEqual(['long0', 'long1', 'long2']); // 153,000 bytes in three, of 17 each, and no empty fourth
    expect(attrs['long0']?.metadata).toMatchObject({ size: 3003, shape: [17] });
    expect(Object.keys(attrs)).toContain('fits');
    expect(attrs['ascii']?.metadata).toMatchObject({ cset: 0 });
    expect(attrs['utf8']?.metadata).toMatchObject({ cset: 1 });
    expect(attrs['wide']?.metadata).toMatchObject({ size: 6, shape: [2] });
  });

  it('says what is wrong with a file that is cut off, and what went wrong in writing', async () => {
    const whole = await encodeH5(() => undefined);
    await expect(readH5Tree(whole.subarray(0, whole.length - 100), 'a.h5')).rejects.toThrow(
      /^a\.h5: it cannot be read as an HDF5 file \([^\n]*truncated[^\n]*\)[^\n]*$/,
    );
    const mine = new RunError('mine');
    const failing = encodeH5(() => {
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    const twice = encodeH5((root) => {
      putGroup(root, 'a');
      putGroup(root, 'a');
    });
    await expect(twice).rejects.toThrow();
    expect(await encodeH5(() => undefined)).toHaveLength(whole.length); // the file was closed
  });

  it('that runs for ever in the library is given up, and the next one is read', async () => {
    const whole = await encodeH5((root) => putText(root, 'a', 'text'));
    const bytes = endless(whole);
    const begin = performance.now();
    const reading = readH5Tree(bytes, 'a.h5', 1.5);
    await expect(reading).rejects.toThrow(
      'a.h5: it cannot be read as an HDF5 file (reading it takes more than 1.5 seconds); it may be damaged or incomplete',
    );
    expect(performance.now() - begin).toBeGreaterThan(1500);
    expect((await readH5Tree(whole, 'a.h5')).attributes.get('a')).toBe('text');
  });

  it('has its library loaded only where it is used: it takes 10 GB of addresses', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    expect(sources.length).toBeGreaterThan(300);
    for (const name of sources) {
      const text = readFileSync(join('src', name), 'utf8');
      expect(/^import (?!type).*'h5wasm/m.test(text), name).toBe(false);
    }
  });

  it('that claims more numbers than any data has, is refused', async () => {
    const reading = through((root) => {
      const chunks = [1 << 20];
      root.create_dataset({
        ...{ name: 'n', data: new Float32Array(17 << 20), shape: [17 << 20], dtype: '<f' },
        ...{ chunks, compression: 'gzip' },
      });
    });
    await expect(reading).rejects.toThrow('its numbers have more than 64000000 bytes');
  });

  it('whose groups contain themselves is refused', async () => {
    const reading = through((root) => {
      putGroup(root, 'a').create_hard_link('/a', 'self');
    });
    await expect(reading).rejects.toThrow(
      'a.h5: it cannot be read as an HDF5 file (Error: groups nested deeper than 32 levels',
    );
  });
});

const sample = fromKeras(KERAS_2_0, 'sample');
const trained = randomWeights(sample);

describe('weights in HDF5 files of Keras', () => {
  it('of 64 bits are read, whole numbers are refused', async () => {
    const doubles = Float64Array.of(1, 2, 3, 4, 0.5);
    const path = join(newFolder(), 'numbered.h5');
    const of = (name: string): NamedArray[] =>
      (sample.layers.find((layer) => layer.name === name)?.weights ?? []).map(
        (w) => trained.get(w.name) as NamedArray,
      );
    const folders = [
      { folder: 'batch_normalization', weights: of('batch_normalization_1') },
      { folder: 'conv2d', weights: of('conv2d_1') },
      { folder: 'conv2d_1', weights: of('conv2d_2') },
      { folder: 'dense', weights: of('dense_1').slice(0, 1) },
      { folder: 'separable_conv2d', weights: of('separable_conv2d_1') },
    ];
    for (const [dtype, data] of [
      ['<d', doubles],
      ['<i', Int32Array.of(1, 2, 3, 4, 5)],
    ] as const) {
      await writeNumberedWeights(path, folders);
      const file = new h5wasm.File(path, 'a');
      (file.get('layers/dense/vars') as h5wasm.Group).create_dataset({ name: '1', data, shape: [5], dtype });
      file.close();
      if (dtype === '<d') {
        expect((await readH5(path, KERAS_3)).weights.get('dense_1/bias')?.data).toEqual(
          Float32Array.from(doubles),
        );
      } else {
        await expect(readH5(path, KERAS_3)).rejects.toThrow(
          `${path}: weight "layers/dense/vars/1" of "dense_1" has the data type <i; only floats`,
        );
      }
    }
  });

  it('of no layer are read from either name of their group', async () => {
    const path = join(newFolder(), 'numbered.h5');
    for (const root of ['layers', '_layer_checkpoint_dependencies']) {
      await writeNumberedWeights(path, [], root);
      await expect(readH5(path, KERAS_3)).rejects.toThrow(`${path}: ${root}/conv2d/vars has 0 weights`);
    }
  });

  it('that are missing, or fewer than the layer has, are named', async () => {
    const path = join(newFolder(), 'w.h5');
    const write = async (fill: (file: NewH5Group) => void): Promise<void> =>
      writeFileSync(path, await encodeH5(fill));
    await write((file) => putTexts(file, 'layer_names', ['a']));
    await expect(readH5(path, KERAS_2_0)).rejects.toThrow(
      `${path}: weights of 0 layers; the model has 5 with weights`,
    );
    await write((file) => {
      const withWeights = sample.layers.filter(({ weights }) => weights.length > 0);
      putTexts(
        file,
        'layer_names',
        withWeights.map(({ name }) => name),
      );
      for (const { name } of withWeights) {
        putTexts(putGroup(file, name), 'weight_names', [`${name}/one:0`]);
      }
    });
    await expect(readH5(path, KERAS_2_0)).rejects.toThrow(
      `${path}: weight "conv2d_1/one:0" of layer "conv2d_1" is not there; the model expects [3, 3, 1, 4]`,
    );
  });
});

describe('a model that is written', () => {
  const network = miniXception([16, 16, 1], [4]);
  const weights = randomWeights(network);
  const own = { classes: ['a'], preprocess: 'none', notes: { run: 'r1' } };

  it('has its notes, and its mean image where there is one', async () => {
    const path = join(newFolder(), 'm.h5');
    await writeH5(path, network, weights, own);
    expect(await readH5(path)).toMatchObject({ whole: true, own: { ...own, mean: undefined } });
    const mean = Float32Array.of(1, 2, 3);
    await writeH5(path, network, weights, { ...own, mean });
    expect((await readH5(path)).own).toEqual({ ...own, mean });
    expect(readdirSync(join(path, '..'))).toEqual(['m.h5']);
  });

  it('has its names in ASCII, as Python escapes them', async () => {
    const path = join(newFolder(), 'm.h5');
    const json = JSON.parse(JSON.stringify(toKeras(network)));
    json.config.name = 'mögel\u20ac';
    await writeH5(path, fromKeras(json, 'x'), weights, own);
    const text = (await readH5Tree(readFileSync(path), path)).attributes.get('model_config');
    expect(text).toContain('"name":"m\\u00f6gel\\u20ac"');
    expect((await readH5(path)).network.name).toBe('mögel\u20ac');
  });

  it('leaves nothing behind where it fails, and the old file as it was', async () => {
    const path = join(newFolder(), 'm.h5');
    await writeH5(path, network, weights, own);
    const before = readFileSync(path);
    const fewer = new Map(weights);
    fewer.delete('conv2d/kernel');
    await expect(writeH5(path, network, fewer, own)).rejects.toThrow(
      'weights of conv2d/kernel: expected [3, 3, 1, 4]',
    );
    const short = new Map(weights).set('conv2d/kernel', { shape: [2], data: Float32Array.of(1, 2) });
    await expect(writeH5(path, network, short, own)).rejects.toThrow(RunError);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['m.h5']);
    await expect(writeH5('/proc/none/m.h5', network, weights, own)).rejects.toThrow(
      'cannot write /proc/none/m.h5',
    );
    expect(existsSync('/proc/none')).toBe(false);
  });

  it('without its weights says so', async () => {
    const path = join(newFolder(), 'm.h5');
    writeFileSync(
      path,
      await encodeH5((file) => putText(file, 'model_config', JSON.stringify(toKeras(network)))),
    );
    await expect(readH5(path)).rejects.toThrow(`${path}: the group model_weights is missing`);
  });
});

describe('a .keras file', () => {
  it('is a zip by its first four bytes', () => {
    expect(isZip(Uint8Array.of(0x50, 0x4b, 3, 4, 9))).toBe(true);
    for (const [i, byte] of [0x51, 0x4c, 4, 5].entries()) {
      const bytes = Uint8Array.of(0x50, 0x4b, 3, 4);
      bytes[i] = byte;
      expect(isZip(bytes)).toBe(false);
    }
  });

  it('without its model or its weights is refused', async () => {
    const path = join(newFolder(), 'w.h5');
    await writeNumberedWeights(path, []);
    const { zipSync, unzipSync } = await import('fflate');
    const files = unzipSync(kerasZip(KERAS_3, path));
    for (const missing of ['config.json', 'model.weights.h5']) {
      const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== missing));
      await expect(readKerasZip(zipSync(rest), 'm.keras')).rejects.toThrow(
        `m.keras: a zip without ${missing};`,
      );
    }
  });

  it('is refused where a byte has changed, or its architecture is not JSON', async () => {
    const path = join(newFolder(), 'w.h5');
    await writeNumberedWeights(path, []);
    const { zipSync, unzipSync } = await import('fflate');
    const files = unzipSync(kerasZip(KERAS_3, path));
    const bytes = zipSync(files, { level: 0 });
    const inside = Buffer.from(bytes).indexOf(
      Buffer.from(files['model.weights.h5'] as Uint8Array).subarray(0, 64),
    );
    bytes[inside + 40] = (bytes[inside + 40] as number) ^ 1;
    await expect(readKerasZip(bytes, 'm.keras')).rejects.toThrow('model.weights.h5 has a wrong checksum');
    const other = zipSync({ ...files, 'config.json': Buffer.from('{') });
    await expect(readKerasZip(other, 'm.keras')).rejects.toThrow(
      'm.keras: damaged: its config.json is not JSON',
    );
  });
});
