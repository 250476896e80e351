import { crc32, inflateRawSync } from 'node:zlib';
import { DataError } from '../util/errors.js';
import { mostUnpacked } from '../util/unpacking.js';
import { type Archive, archiveOf, checkSize, type Member, memberError, memberName } from './archive.js';
import type { ByteSource } from './byte_source.js';
import { unzstd } from './packed.js';

/** Reads zip files (PKWARE APPNOTE 6.3), zip64 too, by their central directory. Checksums are checked. */

/** Names of the methods of packing that are not read (APPNOTE 4.4.5). */
const METHODS: ReadonlyMap<number, string> = new Map([
  ...([1, 2, 3, 4, 5, 6] as const).map((method) => [method, 'a method of the 1980s'] as const),
  [9, 'Deflate64'],
  [12, 'bzip2'],
  [14, 'LZMA'],
  [93, 'zstd'],
  [95, 'xz'],
  [98, 'PPMd'],
]);
const [STORED, DEFLATED, ZSTD] = [0, 8, 93];

/** What the central directory says about a file. */
interface Entry {
  readonly raw: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly link: boolean;
  readonly sum: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
}

/** The members of a zip. @param source its name, for messages. Throws DataError where it is cut off or damaged. */
export function readZip(bytes: ByteSource, source: string): Archive {
  const broken = (why: string): DataError =>
    new DataError(
      `${source}: the zip file is cut off or damaged (${why}); expected a whole one: download it again`,
    );
  const end = endOf(bytes);
  if (end === undefined) throw broken('its list of files is missing');
  const directory = bytes.read(end.at - end.length, end.at);
  const view = Buffer.from(directory.buffer, directory.byteOffset, directory.byteLength);
  const shift = end.at - end.length - end.start; // bytes before the zip, such as a program that unpacks it
  const entries: Member[] = [];
  for (let at = 0, n = 0; n < end.count; n++) {
    if (at + 46 > view.length || view.readUInt32LE(at) !== 0x02014b50)
      throw broken('its list of files ends early');
    const [name, extra, comment] = [28, 30, 32].map((own) => view.readUInt16LE(at + own)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + name + extra + comment;
    if (next > view.length) throw broken('its list of files ends early');
    const entry = entryIn(view.subarray(at, next), shift);
    entries.push(memberOf(entry, bytes, source, broken));
    at = next;
  }
  return archiveOf(entries);
}

/** Where the central directory ends, its length, where it should begin, and the number of files. */
interface End {
  readonly at: number;
  readonly length: number;
  readonly start: number;
  readonly count: number;
}

/** Reads the record at the end, or that of zip64 before it; undefined without one. */
function endOf(bytes: ByteSource): End | undefined {
  const from = Math.max(0, bytes.length - 22 - 0xffff);
  const tail = Buffer.from(bytes.read(from, bytes.length));
  let at = tail.lastIndexOf('PK\x05\x06', tail.length - 22, 'latin1');
  while (at >= 0 && at + 22 + tail.readUInt16LE(at + 20) > tail.length) {
    at = at === 0 ? -1 : tail.lastIndexOf('PK\x05\x06', at - 1, 'latin1');
  }
  if (at < 0 || tail.length < 22) return undefined;
  const own = {
    ...{ at: from + at, length: tail.readUInt32LE(at + 12) },
    ...{ start: tail.readUInt32LE(at + 16), count: tail.readUInt16LE(at + 10) },
  };
  const locator = at >= 20 && tail.readUInt32LE(at - 20) === 0x07064b50;
  const end = locator ? end64(bytes, Number(tail.readBigUInt64LE(at - 12))) : own;
  return end !== undefined && end.length <= end.at ? end : undefined;
}

function end64(bytes: ByteSource, at: number): End | undefined {
  const record = Buffer.from(bytes.read(at, at + 56));
  if (record.length < 56 || record.readUInt32LE(0) !== 0x06064b50) return undefined;
  const [count, length, start] = [32, 40, 48].map((own) => Number(record.readBigUInt64LE(own)));
  return { at, length: length as number, start: start as number, count: count as number };
}

/** @param record of the central directory @param shift bytes before the zip */
function entryIn(record: Buffer, shift: number): Entry {
  const flags = record.readUInt16LE(8);
  const nameEnd = 46 + record.readUInt16LE(28);
  const raw = nameOf(record.subarray(46, nameEnd));
  const extra = record.subarray(nameEnd, nameEnd + record.readUInt16LE(30));
  const unix = record[5] === 3;
  const [size, packed, at] = longNumbers(
    extra,
    [24, 20, 42].map((own) => record.readUInt32LE(own)),
  );
  return {
    ...{ raw, method: record.readUInt16LE(10), encrypted: (flags & 1) === 1 },
    link: unix && record.readUInt32LE(38) >>> 28 === 0o12,
    ...{ sum: record.readUInt32LE(16), packed: packed as number, size: size as number },
    at: (at as number) + shift,
  };
}

/** Numbers that do not fit into four bytes stand in the extra field of zip64, in this order (APPNOTE 4.5.3). */
function longNumbers(extra: Buffer, numbers: readonly number[]): number[] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return numbers.map((number) => {
    if (number !== 0xffffffff || next + 8 > field.length) return number;
    next += 8;
    return Number(field.readBigUInt64LE(next - 8));
  });
}

/** UTF-8, or bytes of an older code; older programs on Windows write `\` between folders. */
function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return (text.includes('\uFFFD') ? bytes.toString('latin1') : text).replaceAll('\\', '/');
}

function memberOf(
  entry: Entry,
  bytes: ByteSource,
  source: string,
  broken: (why: string) => DataError,
): Member {
  const { raw, method, encrypted, link, sum, packed, size, at } = entry;
  const name = memberName(raw);
  const unpack = (most: number): Uint8Array => {
    if (link)
      throw memberError(source, name, 'it is a symbolic link; expected a file: pack files without "zip -y"');
    checkSize(source, name, size, Math.min(most, mostUnpacked(packed)));
    const header = Buffer.from(at < 0 || at > bytes.length ? [] : bytes.read(at, at + 30));
    if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) throw broken(`${name} is missing`);
    const from = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (from + packed > bytes.length) throw broken(`${name} ends early`);
    const content = inflated(bytes.read(from, from + packed), method, size);
    if (content === undefined) throw broken(`${name} cannot be unpacked`);
    if (crc32(content) !== sum) throw broken(`${name} has a wrong checksum`);
    return content;
  };
  return { name, locked: lockOf(method, encrypted), unpack };
}

function lockOf(method: number, encrypted: boolean): string | undefined {
  if (encrypted) return 'it is encrypted; unpack it with its password';
  if (method === STORED || method === DEFLATED || (method === ZSTD && unzstd !== undefined)) return undefined;
  const name = METHODS.get(method) ?? `method ${method}`;
  return `it is packed with ${name}, which is not supported${method === ZSTD ? ' before Node.js 22.15' : ''}; unpack it`;
}

/** Undefined where it cannot be unpacked, or to another size than it should. */
function inflated(data: Uint8Array, method: number, size: number): Uint8Array | undefined {
  const limit = { maxOutputLength: Math.max(1, size) };
  try {
    const content =
      method === STORED ? data : method === ZSTD ? unzstd?.(data, limit) : inflateRawSync(data, limit);
    return content?.length === size ? content : undefined;
  } catch {
    return undefined;
  }
}
