import { constants, inflateSync } from 'node:zlib';

/** Where the first chunk begins, and what a chunk has around its data: length, type and checksum. */
const [FIRST, AROUND] = [8, 12];
/** Values of a pixel by the colour type of the file (PNG, 11.2.2). */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Where the pixels of the seven images of an interlaced file begin, and their distances (PNG, 8.2): x, y, dx, dy. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Throws Error where the pixels of a PNG end before its size is filled: pngjs takes the rest out of memory that others have used.
 * @param file has a header
 */
export function requireWholePng(file: Buffer): void {
  const wanted = unpackedBytes(file);
  const packed = Buffer.concat(dataChunks(file));
  const found = packed.length === 0 ? 0 : unpackedUpTo(packed, wanted);
  if (found < wanted) throw new Error(`its pixels end after ${found} of ${wanted} bytes`);
}

/** Bytes of the pixels of a file, unpacked: each row has one more, for its filter. */
function unpackedBytes(file: Buffer): number {
  const [width, height, depth] = [file.readUInt32BE(16), file.readUInt32BE(20), file.readUInt8(24)];
  const bits = depth * (CHANNELS[file.readUInt8(25)] ?? 0);
  const passes = file.readUInt8(28) === 1 ? PASSES : ([[0, 0, 1, 1]] as const);
  let bytes = 0;
  for (const [x, y, dx, dy] of passes) {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return bytes;
}

function dataChunks(file: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = FIRST; at + AROUND <= file.length; at += AROUND + file.readUInt32BE(at)) {
    const data = at + 8;
    if (file.toString('latin1', at + 4, data) === 'IDAT')
      chunks.push(file.subarray(data, data + file.readUInt32BE(at)));
  }
  return chunks;
}

/** How many bytes come out of packed data; `most` where there are more. */
function unpackedUpTo(packed: Buffer, most: number): number {
  try {
    return inflateSync(packed, { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH }).length;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return most;
    throw cause;
  }
}
