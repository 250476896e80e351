import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { DataError } from '../util/errors.js';
import { readCache, writeCache } from './cache.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { holdOut, readFolderTree } from './folders.js';
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

/**
 * Loads a data set: `synthetic` or `synthetic:N` (N drawn training faces), FER-2013 as `.csv`, `.csv.gz` or
 * `archive.zip`, a folder that holds one of these, or a tree `train|validation|test/<emotion>/*.jpg|png`.
 * Parsed data is cached. A source without validation images but with a test set gets a tenth of its training images
 * held out, and says so in its name. Throws DataError that says what, where, what was expected.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const { seed = 7, skipBad = false } = options;
  const drawn = /^synthetic(?::(\d+))?$/.exec(path);
  if (drawn !== null) return syntheticFaces(seed, drawn[1] === undefined ? undefined : Number(drawn[1]));
  const file = locate(path);
  const cached = readCache(file, options);
  if (cached !== undefined) return cached;
  const dataset = holdOut(await read(file, { ...options, skipBad }), seed);
  if (dataset.skipped === 0) writeCache(file, options, dataset);
  return dataset;
}

/** The first `n` rows of a split. */
export function limitSplit({ images, labels }: Split, n: number): Split {
  const count = Math.min(n, labels.length);
  return { images: images.subarray(0, count * PIXELS), labels: labels.subarray(0, count) };
}

/** The file, or the folder tree, that a path means. */
function locate(path: string): string {
  if (!existsSync(path)) {
    throw new DataError(
      `data ${path}: there is no such file or folder; expected fer2013.csv(.gz), archive.zip, a folder tree, or "synthetic" for built-in faces`,
    );
  }
  if (!statSync(path).isDirectory()) return path;
  const inside = KNOWN_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
  return inside ?? path;
}

async function read(path: string, options: LoadOptions & { skipBad: boolean }): Promise<Dataset> {
  const { skipBad, onProgress } = options;
  const stats = statSync(path);
  if (stats.isDirectory()) return readFolderTree(path, { skipBad, ...(onProgress && { onProgress }) });
  if (/\.zip$/i.test(path)) return readZip(path, { skipBad, ...(onProgress && { onProgress }) });
  if (!/\.csv(\.gz)?$/i.test(path)) {
    throw new DataError(`data ${path}: expected a name ending in .csv, .csv.gz or .zip, or a folder`);
  }
  const report = (bytes: number): void => onProgress?.({ done: bytes, total: stats.size, unit: 'bytes' });
  const chunks = path.endsWith('.gz') ? gunzip(path, report) : plain(path, report);
  return parseFer2013Csv(chunks, basename(path), { skipBad });
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
    throw new DataError(`${path}: the gzip file is cut off or damaged (${why}); download it again`, {
      cause,
    });
  }
}
