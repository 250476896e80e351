import { Readable, type Transform } from 'node:stream';
import zlib, { createGunzip, type Zlib, type ZlibOptions } from 'node:zlib';
import { DataError, FerError } from '../util/errors.js';
import { mostUnpacked, tooMuch } from '../util/unpacking.js';
import { type ByteSource, chunksOf } from './byte_source.js';

/** Unpacks files that are packed as a whole: with gzip, and with zstd where Node.js can (22.15 and later). */

/** How a file is packed. */
export type Packing = 'gzip' | 'zstd';

/** What newer versions of Node.js have. */
interface Zstd {
  readonly createZstdDecompress?: (options: { chunkSize: number }) => Transform & Zlib;
  readonly zstdDecompressSync?: (data: Uint8Array, options: Pick<ZlibOptions, 'maxOutputLength'>) => Buffer;
}
const newer: typeof zlib & Zstd = zlib;

/** Unpacks one piece of zstd; undefined where Node.js cannot. */
export const unzstd = newer.zstdDecompressSync;

/** Bytes per chunk. */
const CHUNK = 1 << 20;

/**
 * Unpacks a file chunk by chunk. @param source its name, for messages. Throws DataError where it is cut off or damaged, or unpacks
 * to more than any data does, and what `report` throws.
 * @param report hears how many packed bytes are read
 */
export async function* unpacked(
  file: ByteSource,
  packing: Packing,
  source: string,
  report?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const unpack = packing === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : openZstd(file, source);
  const packed = Readable.from(chunksOf(file));
  packed.on('error', (error) => unpack.destroy(error));
  let left = mostUnpacked(file.length);
  try {
    for await (const chunk of packed.pipe(unpack)) {
      left -= (chunk as Uint8Array).length;
      if (left < 0) throw new DataError(`${source}: ${tooMuch(file.length)}; unpack it, and look at it`);
      report?.(Math.min(unpack.bytesWritten, file.length)); // here, because a little can unpack to much
      yield chunk as Uint8Array;
    }
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw broken(packing, source, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const broken = (packing: Packing, source: string, why: string, cause?: unknown): DataError =>
  new DataError(
    `${source}: the ${packing} file is cut off or damaged (${why}); expected a whole one: download it again`,
    { cause },
  );

function openZstd(file: ByteSource, source: string): Transform & Zlib {
  const cannot = (why: string): DataError =>
    new DataError(`data ${source}: ${why}; expected .csv or .csv.gz: unpack it with "unzstd"`);
  const unpack = newer.createZstdDecompress?.({ chunkSize: CHUNK });
  if (unpack === undefined) throw cannot('a file packed with zstd is not read before Node.js 22.15');
  const end = frameEnd(file);
  if (end > file.length) throw broken('zstd', source, 'its end is missing');
  if (end < file.length) throw cannot('a file packed with zstd in several pieces is not read');
  return unpack;
}

/**
 * Where the first frame of zstd ends (RFC 8878, 3.1.1): behind the file, if that is cut off. Node.js says nothing about what is
 * missing, and nothing about further frames.
 */
function frameEnd(file: ByteSource): number {
  const numberAt = (at: number, bytes: number): number => {
    const [first = 0, second = 0, third = 0] = file.read(at, at + bytes);
    return first + 256 * second + 65536 * third;
  };
  const flags = numberAt(4, 1);
  const oneSegment = (flags >> 5) & 1;
  const sizeBytes = [oneSegment, 2, 4, 8][flags >> 6] as number;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  let at = 5 + (1 - oneSegment) + dictionaryBytes + sizeBytes;
  for (let last = false; !last; ) {
    if (at + 3 > file.length) return Number.POSITIVE_INFINITY;
    const block = numberAt(at, 3);
    const repeated = ((block >> 1) & 3) === 1; // one byte, many times
    last = (block & 1) === 1;
    at += 3 + (repeated ? 1 : block >> 3);
  }
  return at + 4 * ((flags >> 2) & 1); // a checksum
}

/** All bytes of chunks. Throws DataError where there are more than `most`. @param source name, for messages */
export async function collected(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
  source: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) {
      throw new DataError(
        `${source}: it unpacks to more than ${Math.round(most / 1e6).toLocaleString('en')} MB; expected less: unpack it with "tar -xf", and give the folder or the CSV file in it`,
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts, length);
}

/** The first bytes of chunks, and all of them again. */
export async function peek(
  chunks: AsyncGenerator<Uint8Array>,
  length: number,
): Promise<{ readonly start: Uint8Array; readonly all: AsyncGenerator<Uint8Array> }> {
  const parts: Uint8Array[] = [];
  let got = 0;
  while (got < length) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(next.value);
    got += next.value.length;
  }
  const first = Buffer.concat(parts);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (first.length > 0) yield first;
    yield* chunks;
  };
  return { start: first.subarray(0, length), all: all() };
}
