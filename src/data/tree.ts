import { CLASS_NAMES, classIndex } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import type { SplitName } from './types.js';

/** Names of split folders, in lower case. */
export const SPLIT_FOLDERS: ReadonlyMap<string, SplitName> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** Files that hold a picture this program reads, and those that hold one it does not. */
const IMAGE_FILE = /\.(jpe?g|png)$/i;
const OTHER_IMAGE = /\.(bmp|gif|webp|tiff?|p[gpn]m|heic|avif|jp2)$/i;

/** One picture's place in a tree. */
export interface TreeEntry {
  /** Relative to the tree's source, with `/` between. */
  readonly path: string;
  readonly split: SplitName;
  readonly label: number;
  /** False: a picture in a format that is not read (.bmp, ...). */
  readonly readable: boolean;
}

/** What a tree should look like, for messages. */
export const TREE_SHAPE = `folders train, validation (or val, valid) and test, each with the folders ${CLASS_NAMES.join(', ').toLowerCase()} of .jpg or .png images`;

/** Hidden files and the litter of archivers and file managers; none of them is a picture of a data set. */
export function isLitter(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/**
 * Finds split and class of every picture of a tree.
 * @param paths relative files and folders (a folder ends in `/`) with `/` between; the split folders may lie deeper
 * than the root, and when they occur at several depths (one archive on Kaggle holds its tree twice) the least deep is
 * read @param source for messages
 * Throws DataError on a tree of another kind, an unknown or empty class folder, or a picture outside of them.
 */
export function planTree(paths: readonly string[], source: string): TreeEntry[] {
  const clean = paths.filter((path) => !isLitter(path)).sort();
  const root = findRoot(clean, source);
  const entries: TreeEntry[] = [];
  const counts = new Map<string, number>();
  for (const path of clean) {
    if (!path.startsWith(root)) continue;
    const parts = path.slice(root.length).split('/');
    const [splitName = '', className = '', file = '', deeper] = parts;
    const split = SPLIT_FOLDERS.get(splitName.toLowerCase());
    if (split === undefined || className === '') continue;
    if (parts.length === 2) {
      refusePicture(path, source);
      continue;
    }
    const label = classIndex(className);
    const folder = `${root}${splitName}/${className}`;
    if (label === undefined) {
      throw new DataError(
        `${source}: folder ${folder} is none of the seven expressions; expected ${CLASS_NAMES.join(', ').toLowerCase()}: rename or remove it`,
      );
    }
    counts.set(folder, counts.get(folder) ?? 0);
    if (deeper !== undefined) {
      refusePicture(path, source);
      continue;
    }
    const readable = IMAGE_FILE.test(file);
    if (!readable && !OTHER_IMAGE.test(file)) continue;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    entries.push({ path, split, label, readable });
  }
  for (const [folder, count] of counts) {
    if (count > 0) continue;
    throw new DataError(
      `${source}: folder ${folder} is empty; expected .jpg or .png images in it: add them or remove the folder`,
    );
  }
  return entries;
}

/** A picture at the wrong depth would be left out without a word. */
function refusePicture(path: string, source: string): void {
  if (!IMAGE_FILE.test(path) && !OTHER_IMAGE.test(path)) return;
  throw new DataError(
    `${source}: image ${path} lies outside the class folders; expected train/happy/NAME.jpg: move or remove it`,
  );
}

/** The least deep prefix, '' or ending in '/', under which split folders with class folders lie. */
function findRoot(paths: readonly string[], source: string): string {
  const roots = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let i = 0; i + 2 < parts.length; i++) {
      if (!SPLIT_FOLDERS.has(parts[i]?.toLowerCase() ?? '')) continue;
      if (classIndex(parts[i + 1] ?? '') === undefined) continue;
      roots.set(parts.slice(0, i).join('/') + (i > 0 ? '/' : ''), i);
      break;
    }
  }
  const depth = Math.min(...roots.values());
  const [root, second] = [...roots].filter(([, d]) => d === depth).map(([prefix]) => prefix);
  if (root === undefined) {
    const top = [...new Set(paths.map((path) => path.replace(/(?<=\/).*/, '')))].slice(0, 5).join(', ');
    throw new DataError(
      `${source}: none of the expected names inside (found ${top || 'nothing'}); expected ${TREE_SHAPE}, or fer2013.csv(.gz), icml_face_data.csv(.gz), archive.zip`,
    );
  }
  if (second !== undefined) {
    throw new DataError(
      `${source}: two data sets inside, ${root} and ${second}; expected one: give the path of the one you mean`,
    );
  }
  return root;
}
