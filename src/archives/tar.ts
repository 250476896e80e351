import { DataError } from '../util/errors.js';
import { type Archive, archiveOf, checkSize, type Member, memberError, memberName } from './archive.js';
import type { ByteSource } from './byte_source.js';

/** Reads tar files: POSIX.1-2001 (pax, ustar), the older v7, and the long names of GNU tar. */

const BLOCK = 512;
/** More bytes than any list of names and attributes has. */
const MOST_ATTRIBUTES = 1 << 20;

const textAt = (bytes: Uint8Array, from: number, length: number): string =>
  Buffer.from(bytes.subarray(from, from + length))
    .toString('utf8')
    .split('\0')[0] as string;

/** A number in octal digits; GNU tar also writes binary numbers, with the highest bit set. */
function numberAt(bytes: Uint8Array, from: number, length: number): number {
  const first = bytes[from] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(textAt(bytes, from, length).trim() || '0', 8);
  return bytes.subarray(from + 1, from + length).reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
}

/** Whether a block is the header of a member: its checksum is right. */
export function isTar(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const others = block.subarray(0, BLOCK).reduce((sum, byte) => sum + byte, 0);
  const own = block.subarray(148, 156).reduce((sum, byte) => sum + byte, 0);
  return numberAt(block, 148, 8) === others - own + 8 * 32; // the checksum itself counts as spaces
}

/**
 * The members of a tar. Hard links are the file that they name; symbolic links, devices and sparse files cannot be unpacked.
 * Reads on behind the end of a tar, where another one may begin. @param source its name, for messages
 * Throws DataError where it is cut off or damaged.
 */
export function readTar(bytes: ByteSource, source: string): Archive {
  const broken = (why: string): DataError =>
    new DataError(
      `${source}: the tar file is cut off or damaged (${why}); expected a whole one: download it again`,
    );
  const entries: Member[] = [];
  let attributes = new Map<string, string>();
  let ended = false;
  let at = 0;
  while (at < bytes.length) {
    const header = bytes.read(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) {
      ended = true;
      at += BLOCK;
      continue;
    }
    if (!isTar(header)) {
      if (ended) break;
      throw broken(`no file begins at byte ${at.toLocaleString('en')}`);
    }
    ended = false;
    const type = textAt(header, 156, 1);
    const from = at + BLOCK * (1 + sparseBlocks(bytes, at, type));
    const raw = attributes.get('path') ?? nameIn(header);
    const size = Number(attributes.get('size') ?? numberAt(header, 124, 12));
    if (!(size >= 0) || from + size > bytes.length) throw broken(`${raw} ends early`);
    at = from + BLOCK * Math.ceil(size / BLOCK);
    if ('LKxXg'.includes(type) && type !== '') {
      if (size > MOST_ATTRIBUTES) throw broken('a name is too long');
      const data = bytes.read(from, from + size);
      if (type === 'L') attributes.set('path', textAt(data, 0, size));
      else if (type === 'K') attributes.set('linkpath', textAt(data, 0, size));
      else if (type !== 'g') attributes = new Map([...attributes, ...paxRecords(data)]);
      continue;
    }
    if (type !== 'V') {
      const link = attributes.get('linkpath') ?? textAt(header, 157, 100);
      const sparse = type === 'S' || [...attributes.keys()].some((key) => key.startsWith('GNU.sparse'));
      const name = memberName(attributes.get('GNU.sparse.name') ?? raw);
      const read = sparse ? undefined : () => bytes.read(from, from + size);
      entries.push(memberOf({ name, type, link, size, read }, source, entries));
    }
    attributes = new Map();
  }
  if (!ended) throw broken('its end is missing');
  return archiveOf(entries);
}

function nameIn(header: Uint8Array): string {
  const posix = textAt(header, 257, 6) === 'ustar' && header[262] === 0;
  const prefix = posix ? textAt(header, 345, 155) : '';
  return `${prefix}${prefix === '' ? '' : '/'}${textAt(header, 0, 100)}`;
}

/** Blocks between the header of a sparse file of old GNU tar and its data. */
function sparseBlocks(bytes: ByteSource, at: number, type: string): number {
  if (type !== 'S' || bytes.read(at + 482, at + 483)[0] !== 1) return 0;
  let blocks = 1;
  while (bytes.read(at + BLOCK * blocks + 504, at + BLOCK * blocks + 505)[0] === 1) blocks++;
  return blocks;
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  readonly size: number;
  /** Undefined for a sparse file. */
  readonly read: (() => Uint8Array) | undefined;
}

const FILE_TYPES = ['', '0', '7'];

function memberOf(entry: Entry, source: string, before: readonly Member[]): Member {
  const { name, type, link, size, read } = entry;
  const cannot = (why: string): Member => ({
    name,
    unpack: () => {
      throw memberError(source, name, `${why}; expected a file`);
    },
  });
  if (type === '5') return { ...cannot('it is a folder'), name: name.replace(/\/?$/, '/') };
  if (type === '1') {
    const target = before.findLast((member) => member.name === memberName(link));
    return target === undefined
      ? cannot(`it is a link to ${link}, which is not in the archive`)
      : { ...target, name };
  }
  if (type === '2') return cannot(`it is a symbolic link (to ${link}): pack files with "tar -h"`);
  if (read === undefined || type === 'S') return cannot('it is a sparse file: pack without --sparse');
  if (!FILE_TYPES.includes(type)) return cannot('it is a device, a pipe or of another unusual kind');
  return {
    name,
    unpack: (most) => {
      checkSize(source, name, size, most);
      return read();
    },
  };
}

/** The records `LENGTH key=value\n` of an extended header. */
function paxRecords(data: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = Number(textAt(data, at, space - at));
    if (space < 0 || !(length > 0)) break;
    const record = Buffer.from(data.subarray(space + 1, at + length - 1)).toString('utf8');
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
