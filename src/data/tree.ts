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

/** Names of image files that the program reads, and of those it does not. */
const IMAGE_FILE = /\.(jpe?g|png)$/i;
const OTHER_IMAGE = /\.(bmp|gif|webp|tiff?|p[gpn]m|heic|avif|jp2)$/i;

/** One image of a tree. */
export interface TreeEntry {
  /** Path relative to the source, with `/` as separator. */
  readonly path: string;
  readonly split: SplitName;
  readonly label: number;
  /** False: an image in a format that is not read, such as .bmp. */
  readonly readable: boolean;
}

/** The expected layout of a tree, for messages. */
export const TREE_SHAPE = `folders train, validation (or val, valid) and test, each with the folders ${CLASS_NAMES.join(', ').toLowerCase()} of .jpg or .png images`;

/** Hidden files and those that archivers and file managers leave behind. They are ignored. */
export function isLitter(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/**
 * Finds the split and class of every image of a tree.
 * @param paths relative paths with `/` as separator; folders end in `/`. The split folders may be below the root. If they
 *   occur at several depths, as in one archive on Kaggle that contains its tree twice, the least deep ones are read.
 * @param source name of the tree, for messages
 * Throws DataError for another layout, an unknown or empty class folder, or an image outside of the class folders.
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

/** Refuses an image at the wrong depth, which would otherwise be ignored silently. */
function refusePicture(path: string, source: string): void {
  if (!IMAGE_FILE.test(path) && !OTHER_IMAGE.test(path)) return;
  throw new DataError(
    `${source}: image ${path} lies outside the class folders; expected train/happy/NAME.jpg: move or remove it`,
  );
}

/** The shortest prefix, '' or ending in '/', of split folders that contain class folders. */
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
