import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { RunError } from '../../src/util/errors.js';

const floats = (...values: number[]) => Float32Array.of(...values);
const TENSORS: ReadonlyMap<string, NamedArray> = new Map([
  ['a', { shape: [2, 1], data: floats(1, -2.5) }],
  ['b', { shape: [], data: floats(7).subarray(0) }],
]);

/** A file by the words of its specification: the length of the header, the header, the bytes. */
function file(header: string, ...data: number[]): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.from(floats(...data).buffer)]);
}
const A = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

describe('.safetensors', () => {
  it('are written byte for byte as the specification has them', () => {
    const header =
      '{"__metadata__":{"k":"v","sha256":"SUM"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
    const expected = (sum: string) => {
      const text = header.replace('SUM', sum);
      const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
      expect(padded.length).toBeGreaterThan(text.length);
      return file(padded, 1, -2.5, 7);
    };
    const sum = createHash('sha256')
      .update(expected('0'.repeat(64)))
      .digest('hex');
    expect(Buffer.from(encodeSafetensors(TENSORS, { k: 'v' })).equals(expected(sum))).toBe(true);
  });

  it('are refused with any bit changed, and read from the middle of a buffer', () => {
    const bytes = encodeSafetensors(TENSORS, { format: 'f' });
    const inside = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(5)]);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[bit >> 3] as number) ^ (1 << (bit & 7)), bit >> 3);
      let format: string | undefined;
      try {
        const read = decodeSafetensors(changed, 'x');
        // Where the name of the checksum or of the metadata has changed, the file has none: readers then refuse its format.
        expect(read.verified).toBe(false);
        format = read.metadata['format'];
        expect(Object.keys(read.metadata)).not.toContain('sha256');
      } catch (error) {
        expect(error).toBeInstanceOf(RunError);
      }
      expect([undefined, 'f']).toContain(format);
    }
    expect(decodeSafetensors(inside.subarray(3, 3 + bytes.length), 'x').verified).toBe(true);
    expect(inside.subarray(3, 3 + bytes.length).equals(bytes)).toBe(true);
  });

  it.each([
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'ä',
    'ä€',
    '漢字',
  ])('begin their data at a multiple of eight: %j', (text) => {
    const bytes = encodeSafetensors(TENSORS, { text });
    const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(bytes.length).toBe(8 + length + 12);
    expect(decodeSafetensors(bytes, 'x')).toEqual({ tensors: TENSORS, metadata: { text }, verified: true });
  });

  it('are read in any order, from anywhere in a buffer, and without metadata', () => {
    const header =
      '{"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const bytes = file(header, 1, 2, 3);
    for (const before of [0, 1, 3, 8]) {
      const { tensors, metadata } = decodeSafetensors(
        Buffer.concat([Buffer.alloc(before), bytes]).subarray(before),
        'x',
      );
      expect(metadata).toEqual({});
      expect([...tensors]).toEqual([
        ['b', { shape: [1], data: floats(3) }],
        ['a', { shape: [2], data: floats(1, 2) }],
      ]);
    }
    expect(decodeSafetensors(file('{}'), 'x').tensors.size).toBe(0);
  });

  it('leave metadata out that are no text', () => {
    const { metadata } = decodeSafetensors(file('{"__metadata__":{"a":"b","c":1,"d":null}}'), 'x');
    expect(metadata).toEqual({ a: 'b' });
  });

  it('keep the parts of larger arrays that they are given', () => {
    const data = floats(9, 1, 2, 9).subarray(1, 3);
    const bytes = encodeSafetensors(new Map([['a', { shape: [2], data }]]), {});
    expect(decodeSafetensors(bytes, 'x').tensors.get('a')?.data).toEqual(floats(1, 2));
  });

  it.each([
    ['nothing', new Uint8Array(0), 'only 0 bytes'],
    ['seven bytes', new Uint8Array(7), 'only 7 bytes'],
    ['no header', file('{}').subarray(0, 9), 'its header is cut off'],
    ['another file', Buffer.from('\x89HDF\r\n\x1a\n and more'), 'its header is cut off'],
    [
      'arrays that overlap',
      file(`{${A},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 1, 2, 3),
      'b begins at byte 4 of the data, expected 8',
    ],
    [
      'a gap between arrays',
      file(`{${A},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 1, 2, 3, 4),
      'b begins at byte 12 of the data, expected 8',
    ],
    ['bytes of no array', file(`{${A}}`, 1, 2, 3), '12 bytes of data, expected 8'],
    ['no JSON', file('{nothing'), 'its header is not JSON'],
    ['no object', file('null'), 'its header is no object'],
    ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 1, 2), 'a has no type, shape or place'],
    ['half a place', file(`{${A.replace('[0,8]', '[0]')}}`, 1, 2), 'a has no type, shape or place'],
    ['nothing of a tensor', file('{"a":null}'), 'a has no type, shape or place'],
    ['a size below zero', file(`{${A.replace('[2]', '[-2]')}}`, 1, 2), 'a has no type, shape or place'],
    ['halves', file(`{${A.replace('F32', 'F16')}}`, 1, 2), 'a is F16, expected F32'],
    ['too few numbers', file(`{${A}}`, 1), 'a is incomplete'],
    ['another shape', file(`{${A.replace('[2]', '[3]')}}`, 1, 2), 'a is incomplete'],
  ])('with %s are refused', (_, bytes, why) => {
    expect(() => decodeSafetensors(bytes, 'w.safetensors')).toThrow(RunError);
    expect(() => decodeSafetensors(bytes, 'w.safetensors')).toThrow(
      `w.safetensors: not a readable .safetensors file (${why})`,
    );
  });
});
