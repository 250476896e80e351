import zlib from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { expectDataError } from '../data/fixtures.js';
import { firsts, load, TABLE, TREE, tar } from './fixtures.js';

describe('zstd', () => {
  /** A frame of zstd with one raw block (RFC 8878). */
  function frame(content: string | Uint8Array): Buffer {
    const data = Buffer.from(content);
    const blocks: Buffer[] = [];
    for (let at = 0; at < data.length; at += 100_000) {
      const part = data.subarray(at, at + 100_000);
      const head = Buffer.alloc(3);
      head.writeUIntLE((part.length << 3) | (at + 100_000 >= data.length ? 1 : 0), 0, 3);
      blocks.push(head, part);
    }
    const header = Buffer.from('28b52ffda0', 'hex'); // one segment, size in four bytes
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([header, size, ...blocks]);
  }
  const packedZip = (): Buffer => {
    const content = frame(TABLE);
    const bytes = Buffer.from(zipSync({ 'fer2013.csv': [content, { level: 0 }] }));
    for (const at of [0, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 2]) {
      bytes.writeUInt16LE(93, at + 8);
      bytes.writeUInt32LE(zlib.crc32(TABLE), at + 14);
      bytes.writeUInt32LE(Buffer.byteLength(TABLE), at + 22);
    }
    return bytes;
  };
  const newer: typeof zlib & {
    readonly zstdCompressSync?: (data: Buffer, options: { params: Record<number, number> }) => Buffer;
  } = zlib;
  const known = newer.zstdCompressSync !== undefined;

  it('is read where Node.js can, a table, a tar, a zip; else it is told', async () => {
    if (!known) {
      await expectDataError(
        load(frame(TABLE)),
        'packed with zstd is not read before Node.js 22.15',
        'unzstd',
      );
      await expectDataError(
        load(packedZip()),
        'packed with zstd, which is not supported before Node.js 22.15',
      );
      return;
    }
    expect(firsts(await load(frame(TABLE), 'fer2013.csv.zst'))).toEqual([9, 8]);
    expect(firsts(await load(frame(tar(TREE)), 'faces.tar.zst'))).toEqual([5, 6, 8, 7]);
    expect(firsts(await load(packedZip(), 'a.zip'))).toEqual([9, 8]);
    for (const cut of [1, 20, 9000]) {
      const bytes = frame(TABLE).subarray(0, -cut);
      await expectDataError(load(bytes), 'the zstd file is cut off or damaged (its end is missing)');
    }
    await expectDataError(load(Buffer.concat([frame(TABLE), frame(TABLE)])), 'in several pieces', 'unzstd');
    for (const checksum of [0, 1]) {
      const packed = newer.zstdCompressSync?.(Buffer.from(TABLE), { params: { 201: checksum } });
      expect(firsts(await load(packed as Buffer))).toEqual([9, 8]);
      await expectDataError(load((packed as Buffer).subarray(0, -1)), 'its end is missing');
    }
  });
});
