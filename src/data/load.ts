import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CLASS_NAMES, expressionOf, isSeven } from '../util/classes.js';
import { DataError, isSystemError, UsageError } from '../util/errors.js';
import { foreignError } from '../util/foreign.js';
import { missingReason, systemReason } from '../util/system_reason.js';
import { readCache, writeCache } from './cache.js';
import { parseClasses } from './class_names.js';
import { Edits } from './edits.js';
import { decodeFaces } from './faces_file.js';
import { applyFerplus } from './ferplus.js';
import { DATA_FILES } from './find_data.js';
import { readFolderTree, treeFingerprint } from './folders.js';
import { foldOf } from './folds.js';
import { holdOut } from './hold_out.js';
import { statsOf } from './image_files.js';
import { applyLabels } from './labels_file.js';
import { withLeaks } from './leaks.js';
import { KNOWN_DATA, kindOf, readDataFile } from './read_file.js';
import { allNotes } from './split_builder.js';
import { splitOf } from './split_words.js';
import { drawSyntheticFaces } from './synthetic.js';
import type { Dataset, LoadOptions } from './types.js';
import { notRead } from './unread.js';

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
  if (isDrawn(path)) checkDrawnClasses(options);
  const dataset = isDrawn(path)
    ? await drawSyntheticFaces(seed, drawnCount(path), options.onProgress)
    : await loadSource(path, options);
  const corrected = withCorrections(dataset, options);
  const divided = fold === undefined ? holdOut(corrected, heldOutSeed) : foldOf(corrected, fold);
  const { leaks } = options;
  const loaded = leaks === undefined || isDrawn(path) ? divided : await withLeaks(divided, leaks === 'drop');
  for (const note of allNotes(loaded)) options.onNote?.(note);
  options.onLoaded?.(loaded);
  return loaded;
}

/** Throws UsageError where `classes` asks for other classes than those of drawn faces. */
function checkDrawnClasses({ classes: text, choose = true }: LoadOptions): void {
  if (text === undefined || !choose) return;
  const classes = parseClasses(text);
  if ('names' in classes && isSeven([...classes.names].sort())) return;
  throw new UsageError(
    `classes = ${text}: drawn faces have the seven classes ${CLASS_NAMES.join(', ')}, and no others; leave out --classes`,
  );
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
    const { file, notes } = locate(path);
    const isFolder = statSync(file).isDirectory();
    if (!isFolder && kindOf(file).read === 'faces') return facesIn(file);
    const fingerprint =
      options.cacheDir === false ? '' : `${fingerprintOf(file)} ${choose ?? true} ${text ?? ''}`;
    let dataset = readCache(file, fingerprint, options);
    if (dataset === undefined) {
      const reading = { skipBad, classes, choose, ...(onProgress && { onProgress }) };
      dataset = await (isFolder ? readFolderTree : readDataFile)(file, reading);
      if (dataset.skipped === 0) writeCache(file, fingerprint, options, dataset);
    }
    return { ...dataset, notes: [...dataset.notes, ...notes] };
  } catch (cause) {
    if (!isSystemError(cause)) throw foreignError(cause, `data ${path}`, DataError);
    throw new DataError(`data ${path}: cannot be read (${systemReason(cause)}); expected ${KNOWN_DATA}`, {
      cause,
    });
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

/** Resolves a path to a data file or a folder tree, and says what else lies beside the file. Throws DataError. */
function locate(path: string): { readonly file: string; readonly notes: readonly string[] } {
  if (!existsSync(path)) {
    throw new DataError(`data ${path}: ${missingReason(path)}; expected ${KNOWN_DATA}: check the path`);
  }
  if (!statSync(path).isDirectory()) return { file: path, notes: [] };
  const [name, ...others] = DATA_FILES.filter((file) => statsOf(join(path, file))?.isFile() === true);
  if (name === undefined) return { file: path, notes: [] };
  const folders = readdirSync(path, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && (splitOf(entry.name) ?? expressionOf(entry.name)) !== undefined,
  );
  const beside = [...folders.map((folder) => `${folder.name}/`).sort(), ...others];
  return { file: join(path, name), notes: notRead('other', beside, `${path}: ${name} is read; `) };
}

/** A fingerprint that changes when the source changes. */
function fingerprintOf(path: string): string {
  const stats = statSync(path);
  return stats.isDirectory() ? treeFingerprint(path) : `${stats.size} ${stats.mtimeMs}`;
}

/** The data set of a `.faces` file. Throws DataError when it is damaged. */
function facesIn(path: string): Dataset {
  const dataset = decodeFaces(readFileSync(path));
  if (dataset !== undefined) return dataset;
  throw new DataError(
    `${path}: the file is cut off or damaged; expected a whole .faces file: write it again`,
  );
}
