import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { DataError, isSystemError, UsageError } from '../util/errors.js';
import { readCache, writeCache } from './cache.js';
import { parseClasses } from './class_names.js';
import { Edits } from './edits.js';
import { decodeFaces, FACES_MAGIC } from './faces_file.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { applyFerplus } from './ferplus.js';
import { readFolderTree, type TreeOptions, treeFingerprint } from './folders.js';
import { foldOf } from './folds.js';
import { holdOut } from './hold_out.js';
import { applyLabels } from './labels_file.js';
import { withLeaks } from './leaks.js';
import { drawSyntheticFaces } from './synthetic.js';
import type { Dataset, LoadOptions } from './types.js';
import { readZip } from './zip.js';

/** Data files that are looked for in a folder. */
const KNOWN_FILES = [
  'fer2013.csv',
  'fer2013.csv.gz',
  'icml_face_data.csv',
  'icml_face_data.csv.gz',
  'archive.zip',
];

/** The kinds of data that can be loaded, for messages. */
const KNOWN =
  'fer2013.csv(.gz), icml_face_data.csv(.gz), archive.zip, a folder, or "synthetic" for built-in faces';

/** The smallest number of drawn training faces: one of each class. */
const FEWEST_DRAWN = 7;

/**
 * Loads a data set: `synthetic` or `synthetic:N` (N drawn training faces), FER-2013 as `.csv`, `.csv.gz` or
 * `archive.zip`, a folder that holds one of these, or a tree of pictures, see `planTree`.
 * Parsed data is cached. With `fold`, that fold of the training images becomes the validation images. Otherwise, if there are
 * no validation images, a tenth of the training images is held out. The name of the data set says so. Throws DataError when
 * the source cannot be read, UsageError for a bad `synthetic:N`.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const { seed = 7, heldOutSeed, fold } = options;
  const dataset = isDrawn(path)
    ? await drawSyntheticFaces(seed, drawnCount(path), options.onProgress)
    : await loadSource(path, options);
  const corrected = withCorrections(dataset, options);
  const divided = fold === undefined ? holdOut(corrected, heldOutSeed) : foldOf(corrected, fold);
  const { leaks } = options;
  const loaded = leaks === undefined || isDrawn(path) ? divided : await withLeaks(divided, leaks === 'drop');
  for (const note of loaded.notes) options.onNote?.(note);
  options.onLoaded?.(loaded);
  return loaded;
}

/** The data set with the corrections that the options name. The name of the data set says so. */
function withCorrections(dataset: Dataset, { ferplus, labels }: LoadOptions): Dataset {
  const edits = new Edits(dataset);
  const notes: string[] = [];
  if (ferplus !== undefined) notes.push(applyFerplus(dataset, edits, ferplus));
  if (labels !== undefined) {
    notes.push(applyLabels(dataset, edits, labels));
  }
  return notes.length === 0 ? dataset : edits.apply(notes.join(', '));
}

/** Whether the path names drawn faces, which need no file. */
export const isDrawn = (path: string): boolean => /^synthetic(:|$)/.test(path);

/**
 * Loads the file or folder of a data set as it is: nothing is held out. Throws DataError when it cannot be read.
 */
export async function loadSource(
  path: string,
  options: Pick<LoadOptions, 'skipBad' | 'classes' | 'choose' | 'cacheDir' | 'onProgress'> = {},
): Promise<Dataset> {
  const { skipBad = false, classes: text, choose, onProgress } = options;
  const classes = text === undefined ? undefined : parseClasses(text);
  try {
    const file = locate(path);
    if (sniff(file) === 'faces') return facesIn(file);
    const fingerprint =
      options.cacheDir === false ? '' : `${fingerprintOf(file)} ${choose ?? true} ${text ?? ''}`;
    const cached = readCache(file, fingerprint, options);
    if (cached !== undefined) return cached;
    const dataset = await read(file, { skipBad, classes, choose, ...(onProgress && { onProgress }) });
    if (dataset.skipped === 0) writeCache(file, fingerprint, options, dataset);
    return dataset;
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new DataError(`data ${path}: cannot be read (${cause.message}); expected ${KNOWN}`, { cause });
  }
}

/** The N of `synthetic:N`; undefined for any other path. */
function drawnCount(path: string): number | undefined {
  if (path === 'synthetic') return undefined;
  const count = Number(/^synthetic:(\d{1,6})$/.exec(path)?.[1] ?? Number.NaN);
  if (count >= FEWEST_DRAWN) return count;
  throw new UsageError(
    `data "${path}"; expected "synthetic", or "synthetic:N" with N drawn training faces from ${FEWEST_DRAWN} to 999999`,
  );
}

/** Resolves a path to a data file or a folder tree. Throws DataError. */
function locate(path: string): string {
  if (!existsSync(path)) {
    throw new DataError(`data ${path}: there is no such file or folder; expected ${KNOWN}: check the path`);
  }
  if (!statSync(path).isDirectory()) return path;
  const inside = KNOWN_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
  return inside ?? path;
}

/** A fingerprint that changes with the source. */
function fingerprintOf(path: string): string {
  const stats = statSync(path);
  return stats.isDirectory() ? treeFingerprint(path) : `${stats.size} ${stats.mtimeMs}`;
}

/** The first bytes decide the format, not the name, because browsers unpack or rename downloads. */
async function read(path: string, options: TreeOptions): Promise<Dataset> {
  const { onProgress } = options;
  const kind = sniff(path);
  if (kind === 'folder') return readFolderTree(path, options);
  if (kind === 'zip') return readZip(path, options);
  if (/\.(tar|tgz|tar\.gz|7z|rar|jpe?g|png)$/i.test(path) || (kind === 'csv' && /\.zip$/i.test(path))) {
    throw new DataError(
      `data ${path}: not a file that can be read; expected ${KNOWN}: unpack it or give another`,
    );
  }
  const total = statSync(path).size;
  const report = (done: number): void => onProgress?.({ done, total, unit: 'bytes' });
  return parseFer2013Csv(kind === 'gzip' ? gunzip(path, report) : plain(path, report), path, options);
}

/** The data set of a `.faces` file. Throws DataError when it is damaged. */
function facesIn(path: string): Dataset {
  const dataset = decodeFaces(readFileSync(path));
  if (dataset !== undefined) return dataset;
  throw new DataError(
    `${path}: the file is cut off or damaged; expected a whole .faces file: write it again`,
  );
}

/** What a path is, by its first bytes. */
function sniff(path: string): 'folder' | 'faces' | 'zip' | 'gzip' | 'csv' {
  if (statSync(path).isDirectory()) return 'folder';
  const start = Buffer.alloc(FACES_MAGIC.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  if (start.toString('latin1') === FACES_MAGIC) return 'faces';
  if (start.toString('latin1', 0, 2) === 'PK') return 'zip';
  return start[0] === 0x1f && start[1] === 0x8b ? 'gzip' : 'csv';
}

/** Bytes per read: several rows, so that few rows span two chunks. */
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
