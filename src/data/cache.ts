import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import { decodeFaces, encodeFaces, FACES_MAGIC } from './faces_file.js';
import type { Dataset, LoadOptions } from './types.js';

/**
 * A cache of parsed data. The name of a file contains hashes of the source's path and fingerprint (sizes and times), so a
 * changed source is parsed again. A damaged file is ignored and rewritten.
 */

/** Hex digits of a hash in a cache file's name. */
const KEY = 12;

/** The folder of cached data. */
type CacheOptions = Pick<LoadOptions, 'cacheDir'>;

/** Reads the cached data of a source; undefined without an intact cache file. The images are views of one buffer. */
export function readCache(source: string, fingerprint: string, options: CacheOptions): Dataset | undefined {
  const path = cachePath(source, fingerprint, options);
  if (path === undefined) return undefined;
  try {
    return decodeFaces(readFileSync(path));
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
  return join(folder, `${basename(path)}.${hash(path)}.${hash(`${FACES_MAGIC}\n${fingerprint}`)}.faces`);
}
