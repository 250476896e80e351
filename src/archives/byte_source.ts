import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that can be read at any place: in memory, or of a file, of any size, on the disk. */
export interface ByteSource {
  readonly length: number;
  /** The bytes from one place to before another; fewer at the end. The place must be near: so much is set aside in memory. */
  read(from: number, to: number): Uint8Array;
}

/** Bytes in memory. What is read are views. */
export const inMemory = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (from, to) => bytes.subarray(from, to),
});

/** A file on the disk, to be closed at the end. Throws Node's error. */
export function openBytes(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  return {
    length: size,
    read: (from, to) => {
      const bytes = Buffer.alloc(to - from);
      let got = 0;
      for (let n = 1; n > 0 && got < bytes.length; got += n) {
        n = readSync(file, bytes, got, bytes.length - got, from + got);
      }
      return bytes.subarray(0, got);
    },
    close: () => closeSync(file),
  };
}

/** Bytes per chunk: several rows of FER-2013, so that few rows span two chunks. */
const CHUNK = 1 << 20;

/** All bytes, chunk by chunk. Yields to the event loop between them, so that signals and timers are served. */
export async function* chunksOf(
  source: ByteSource,
  report?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.length; at += CHUNK) {
    await new Promise((resolve) => setImmediate(resolve));
    const end = Math.min(at + CHUNK, source.length);
    report?.(end);
    yield source.read(at, end);
  }
}
