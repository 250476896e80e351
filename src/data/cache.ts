import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import { PIXELS } from './split_builder.js';
import type { Dataset, LoadOptions, Split, SplitName } from './types.js';

/**
 * A cache of parsed data: one binary file with 16 bytes of magic and checksums, a JSON header, and the labels and images of
 * each split. Its name contains hashes of the source's path and fingerprint (sizes and times), so a changed source is parsed
 * again. A damaged file (CRC) is ignored and rewritten.
 */
const MAGIC = 'FERTUI02';
/** Hex digits of a hash in a cache file's name. */
const KEY = 12;
const SPLITS: readonly SplitName[] = ['train', 'validation', 'test'];

interface Header {
  readonly name: string;
  readonly source: string;
  readonly counts: Record<SplitName, number>;
}

/** The folder of cached data. */
type CacheOptions = Pick<LoadOptions, 'cacheDir'>;

/** Reads the cached data of a source; undefined without an intact cache file. The images are views of one buffer. */
export function readCache(source: string, fingerprint: string, options: CacheOptions): Dataset | undefined {
  const path = cachePath(source, fingerprint, options);
  if (path === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
  if (crc32(bytes.subarray(12)) !== bytes.readUInt32LE(8)) return undefined;
  let at = 16 + bytes.readUInt32LE(12);
  const header = JSON.parse(bytes.toString('utf8', 16, at)) as Header;
  const take = (length: number): Uint8Array => {
    const part = new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
    at += length;
    return part;
  };
  const splits = {} as Record<SplitName, Split>;
  for (const name of SPLITS) {
    const count = header.counts[name];
    splits[name] = { labels: take(count), images: take(count * PIXELS) };
  }
  const { name } = header;
  return {
    name,
    source: header.source,
    height: FACE_SIZE,
    width: FACE_SIZE,
    channels: 1,
    classes: CLASS_NAMES,
    splits,
    skipped: 0,
    bad: [],
  };
}

/** Caches parsed data, and removes that of older versions of the source. If writing fails, only the next load is slower. */
export function writeCache(
  source: string,
  fingerprint: string,
  options: CacheOptions,
  dataset: Dataset,
): void {
  const path = cachePath(source, fingerprint, options);
  if (path === undefined) return;
  const counts = Object.fromEntries(SPLITS.map((name) => [name, dataset.splits[name].labels.length]));
  const header = Buffer.from(JSON.stringify({ name: dataset.name, source: dataset.source, counts }));
  const parts = SPLITS.flatMap((name) => [dataset.splits[name].labels, dataset.splits[name].images]);
  const head = Buffer.alloc(16);
  head.write(MAGIC, 'latin1');
  head.writeUInt32LE(header.length, 12);
  const checked = [head.subarray(12), header, ...parts];
  head.writeUInt32LE(
    checked.reduce((sum, part) => crc32(part, sum), 0),
    8,
  );
  try {
    makeFolder(dirname(path));
    atomicWrite(path, head, header, ...parts);
    const family = basename(path).slice(0, -`${'0'.repeat(KEY)}.faces`.length);
    for (const name of readdirSync(dirname(path))) {
      if (name.startsWith(family) && name.endsWith('.faces') && name !== basename(path)) {
        rmSync(join(dirname(path), name), { force: true });
      }
    }
  } catch {
    // With a read-only home or a full disk, training is still possible.
  }
}

/** NAME.<hash of the path>.<hash of the fingerprint>.faces */
function cachePath(source: string, fingerprint: string, { cacheDir }: CacheOptions): string | undefined {
  if (cacheDir === false) return undefined;
  const folder = cacheDir ?? cacheFolder();
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, KEY);
  const path = resolve(source);
  return join(folder, `${basename(path)}.${hash(path)}.${hash(`${MAGIC}\n${fingerprint}`)}.faces`);
}
