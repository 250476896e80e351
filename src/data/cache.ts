import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import { readWhole } from '../util/read_whole.js';
import { clearTemporary } from '../util/temporary.js';
import { decodeFaces, encodeFaces, FACES_MAGIC } from './faces_file.js';
import type { Dataset, LoadOptions } from './types.js';

/**
 * A cache of parsed data. The name of a file contains hashes of the source's path and fingerprint (sizes and times), so a
 * changed source is parsed again. A damaged file is ignored and rewritten. When the cache is full, the least recently used data is removed.
 */

/** Hex digits of a hash in a cache file's name. */
const KEY = 12;

/** Bytes of cached data that are kept. FER-2013 takes 75 MB. */
const LIMIT = 1e9;

/** The folder of cached data. */
type CacheOptions = Pick<LoadOptions, 'cacheDir'>;

/** Reads the cached data of a source; undefined without an intact cache file. The images are views of one buffer. */
export function readCache(source: string, fingerprint: string, options: CacheOptions): Dataset | undefined {
  const path = cachePath(source, fingerprint, options);
  if (path === undefined) return undefined;
  try {
    const dataset = decodeFaces(readWhole(path));
    touch(path);
    return dataset;
  } catch {
    return undefined;
  }
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
  try {
    makeFolder(dirname(path));
    atomicWrite(path, ...encodeFaces(dataset));
    removeOlder(path);
    clearTemporary(dirname(path), 'shared');
    removeUnused(dirname(path), LIMIT);
  } catch {
    // With a read-only home or a full disk, training is still possible.
  }
}

/** Removes the data of older versions of a source. */
function removeOlder(path: string): void {
  const family = basename(path).slice(0, -`${'0'.repeat(KEY)}.faces`.length);
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(family) && name.endsWith('.faces') && name !== basename(path)) {
      rmSync(join(dirname(path), name), { force: true });
    }
  }
}

/** Removes the data that was used least recently, until no more than `limit` bytes are left. The newest stays in any case. */
export function removeUnused(folder: string, limit: number): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.faces'))
    .map((name) => join(folder, name))
    .map((path) => ({ path, stats: statSync(path) }))
    .sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs);
  let total = 0;
  for (const [i, { path, stats }] of files.entries()) {
    total += stats.size;
    if (i > 0 && total > limit) rmSync(path, { force: true });
  }
}

/** Marks a cache file as used now. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // A read-only cache can still be read.
  }
}

/** NAME.<hash of the path>.<hash of the fingerprint>.faces */
function cachePath(source: string, fingerprint: string, { cacheDir }: CacheOptions): string | undefined {
  if (cacheDir === false) return undefined;
  const folder = cacheDir ?? cacheFolder();
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, KEY);
  const path = resolve(source);
  return join(folder, `${basename(path)}.${hash(path)}.${hash(`${FACES_MAGIC}\n${fingerprint}`)}.faces`);
}
