import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, isSystemError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import { readWhole } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import { isDocument, isLitter } from './tree.js';
import { notRead } from './unread.js';

/** Status of the file that a path leads to, through links; undefined if it leads nowhere. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isSystemError(error)) return undefined; // links in a circle, a folder without permission
    throw error;
  }
}

/** The bytes of a picture. Throws DataError for a dangling link, a file without permission, a pipe. */
export function readPicture(path: string): Uint8Array {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new DataError(`${path}: it is a folder; expected a picture`);
    if (!stats.isFile()) throw new DataError(`${path}: it is not a regular file; expected a picture`);
    return readWhole(path);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new DataError(`${path}: cannot be read (${systemReason(cause)})`, { cause });
  }
}

/** Why no picture of a list can be read. @param reasons of each, a sentence that names the file */
export function noneRead(reasons: readonly string[]): DataError {
  const first = reasons[0] ?? '';
  return new DataError(
    reasons.length === 1 ? first : `none of ${reasons.length} pictures can be read, the first: ${first}`,
  );
}

/** What was found at a path. */
export interface FoundImages {
  /** Paths of pictures. Some may turn out to be damaged. */
  readonly paths: readonly string[];
  /** Sentences about what is not read. */
  readonly notes: readonly string[];
}

/**
 * Finds an image file, or the images of a folder by name. In a folder, texts are left aside; what lies in folders of it is not
 * read. Throws DataError when there is none.
 */
export function imagesAt(path: string): FoundImages {
  const shown = printable(path);
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (cause) {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return { paths: [path], notes: [] };
    throw new DataError(`${shown}: there is no such file or folder; expected pictures`, { cause });
  }
  if (!folder) return { paths: [path], notes: [] };
  const names = readdirSync(path)
    .filter((name) => !isLitter(name))
    .sort();
  const isFolder = (name: string): boolean => statsOf(join(path, name))?.isDirectory() === true;
  const folders = names.filter(isFolder);
  const files = names.filter((name) => !folders.includes(name));
  const aside = files.filter(isDocument);
  const pictures = files.filter((name) => !aside.includes(name));
  if (pictures.length === 0) {
    const [first] = folders;
    const where =
      first === undefined ? '' : `; name one of the folders in it, e.g. ${printable(join(path, first))}`;
    throw new DataError(`${shown}: no pictures in this folder${where}`);
  }
  return {
    paths: pictures.map((name) => join(path, name)),
    notes: [...notRead('folder', folders, `${shown}: `), ...notRead('text', aside, `${shown}: `)],
  };
}
