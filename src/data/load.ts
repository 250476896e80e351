import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { DataError, UsageError } from '../util/errors.js';
import { readCache, writeCache } from './cache.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { readFolderTree, type TreeOptions, treeFingerprint } from './folders.js';
import { holdOut } from './hold_out.js';
import { PIXELS } from './split_builder.js';
import { syntheticFaces } from './synthetic.js';
import type { Dataset, LoadOptions, Split } from './types.js';
import { readZip } from './zip.js';

/** File names that a folder is searched for. */
const KNOWN_FILES = [
  'fer2013.csv',
  'fer2013.csv.gz',
  'icml_face_data.csv',
  'icml_face_data.csv.gz',
  'archive.zip',
];

/** What can be given, for messages. */
const KNOWN =
  'fer2013.csv(.gz), icml_face_data.csv(.gz), archive.zip, a folder, or "synthetic" for built-in faces';

/** Fewest drawn training faces: one of each class. */
const FEWEST_DRAWN = 7;

/**
 * Loads a data set: `synthetic` or `synthetic:N` (N drawn training faces), FER-2013 as `.csv`, `.csv.gz` or
 * `archive.zip`, a folder that holds one of these, or a tree `train|validation|test/<emotion>/*.jpg|png`.
 * Parsed data is cached. A source without validation images gets a tenth of its training images held out, and says
 * so in its name. Throws DataError that says what, where, what was expected; UsageError on a bad `synthetic:N`.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const { seed = 7, skipBad = false, onProgress } = options;
  if (/^synthetic(:|$)/.test(path)) return syntheticFaces(seed, drawnCount(path));
  try {
    const file = locate(path);
    const fingerprint = options.cacheDir === false ? '' : fingerprintOf(file);
    const cached = readCache(file, fingerprint, options);
    if (cached !== undefined) return holdOut(cached, seed);
    const dataset = await read(file, { skipBad, ...(onProgress && { onProgress }) });
    if (dataset.skipped === 0) writeCache(file, fingerprint, options, dataset);
    return holdOut(dataset, seed);
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new DataError(`data ${path}: cannot be read (${cause.message}); expected ${KNOWN}`, { cause });
  }
}

/** N of `synthetic:N`, or undefined. */
function drawnCount(path: string): number | undefined {
  if (path === 'synthetic') return undefined;
  const count = Number(/^synthetic:(\d{1,6})$/.exec(path)?.[1] ?? Number.NaN);
  if (count >= FEWEST_DRAWN) return count;
  throw new UsageError(
    `data "${path}"; expected "synthetic", or "synthetic:N" with N drawn training faces from ${FEWEST_DRAWN} to 999999`,
  );
}

/** The first `n` rows of a split. */
export function limitSplit({ images, labels }: Split, n: number): Split {
  const count = Math.max(0, Math.min(Math.floor(n), labels.length));
  return { images: images.subarray(0, count * PIXELS), labels: labels.subarray(0, count) };
}

/** The file, or the folder tree, that a path means. */
function locate(path: string): string {
  if (!existsSync(path)) {
    throw new DataError(`data ${path}: there is no such file or folder; expected ${KNOWN}: check the path`);
  }
  if (!statSync(path).isDirectory()) return path;
  const inside = KNOWN_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
  return inside ?? path;
}

/** Changes with the source. */
function fingerprintOf(path: string): string {
  const stats = statSync(path);
  return stats.isDirectory() ? treeFingerprint(path) : `${stats.size} ${stats.mtimeMs}`;
}

/** What the first bytes say counts, not the file's ending: browsers unpack or rename downloads. */
async function read(path: string, options: TreeOptions): Promise<Dataset> {
  const { skipBad, onProgress } = options;
  const stats = statSync(path);
  if (stats.isDirectory()) return readFolderTree(path, options);
  const kind = sniff(path);
  if (kind === 'zip') return readZip(path, options);
  if (/\.(tar|tgz|tar\.gz|7z|rar|jpe?g|png)$/i.test(path) || (kind === 'csv' && /\.zip$/i.test(path))) {
    throw new DataError(
      `data ${path}: not a file that can be read; expected ${KNOWN}: unpack it or give another`,
    );
  }
  const report = (done: number): void => onProgress?.({ done, total: stats.size, unit: 'bytes' });
  return parseFer2013Csv(kind === 'gzip' ? gunzip(path, report) : plain(path, report), path, { skipBad });
}

function sniff(path: string): 'zip' | 'gzip' | 'csv' {
  const start = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  if (start.toString('latin1', 0, 2) === 'PK') return 'zip';
  return start[0] === 0x1f && start[1] === 0x8b ? 'gzip' : 'csv';
}

/** Chunks as large as a few rows: small ones would be glued together row by row. */
const CHUNK = 1 << 20;

async function* plain(path: string, report: (bytes: number) => void): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  for await (const chunk of file) {
    report(file.bytesRead);
    yield chunk as Uint8Array;
  }
}

async function* gunzip(path: string, report: (bytes: number) => void): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const unpacked = createGunzip({ chunkSize: CHUNK });
  file.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const chunk of file.pipe(unpacked)) {
      report(file.bytesRead);
      yield chunk as Uint8Array;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      `${path}: the gzip file is cut off or damaged (${why}); expected a whole .csv.gz: download it again`,
      {
        cause,
      },
    );
  }
}
