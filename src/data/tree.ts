import { CLASS_NAMES, classIndex } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import { SPLIT_WORDS, splitOf } from './split_words.js';
import type { SplitName } from './types.js';

/** One image of a tree. */
export interface TreeEntry {
  /** Path relative to the source, with `/` as separator. */
  readonly path: string;
  readonly split: SplitName;
  readonly label: number;
}

const CLASS_FOLDERS = CLASS_NAMES.join(', ').toLowerCase();

/** The expected layout of a tree, for messages. */
export const TREE_SHAPE = `folders ${SPLIT_WORDS}, each with the folders ${CLASS_FOLDERS} of pictures, or these folders alone`;

/** Names of texts, tables and programs that people keep beside pictures. They are ignored; all other files must be pictures. */
const DOCUMENT = /\.(txt|md|csv|tsv|json|ya?ml|xml|html?|pdf|docx?|xlsx?|py|ipynb|log)$/i;

/** What Windows leaves beside pictures. */
const WINDOWS_LITTER = new Set(['thumbs.db', 'desktop.ini']);

/** Hidden files and those that archivers and file managers leave behind. They are ignored. */
export function isLitter(path: string): boolean {
  return path
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || WINDOWS_LITTER.has(part.toLowerCase()));
}

/**
 * Finds the split and class of every file of a tree. Class folders without split folders are training data.
 * @param paths relative paths with `/` as separator; folders end in `/`. The split folders may be below the root. If they
 *   occur at several depths, as in one archive on Kaggle that contains its tree twice, the least deep ones are read.
 * @param source name of the tree, for messages
 * Throws DataError for another layout, for an unknown or empty class folder, and for class folders or files that would be
 * left out.
 */
export function planTree(paths: readonly string[], source: string): TreeEntry[] {
  const clean = paths.filter((path) => !isLitter(path)).sort();
  const { prefix, alone } = findRoot(clean, source);
  const entries: TreeEntry[] = [];
  const counts = new Map<string, number>();
  const refuse = (what: string): DataError => new DataError(`${source}: ${printable(what)}`);
  for (const path of clean) {
    if (!path.startsWith(prefix)) continue;
    const parts = path.slice(prefix.length).split('/');
    if (alone) parts.unshift('train');
    const [splitName = '', className = '', file = '', deeper] = parts;
    const split = splitOf(splitName);
    const label = classIndex(className);
    if (split === undefined) {
      if (label === undefined || file === '') continue;
      throw refuse(
        `folder ${prefix}${splitName} has class folders but is no split; expected ${SPLIT_WORDS}: rename or remove it`,
      );
    }
    if (className === '') continue;
    if (parts.length === 2 || (deeper !== undefined && deeper !== '')) {
      if (DOCUMENT.test(path)) continue;
      throw refuse(
        `file ${path} lies outside the class folders; expected train/happy/NAME.jpg: move or remove it`,
      );
    }
    const folder = path.slice(0, path.lastIndexOf('/', deeper === '' ? path.length - 2 : undefined));
    if (label === undefined) {
      throw refuse(
        `folder ${folder} is none of the seven expressions; expected ${CLASS_FOLDERS}: rename or remove it`,
      );
    }
    counts.set(folder, counts.get(folder) ?? 0);
    if (file === '' || deeper === '' || DOCUMENT.test(file)) continue;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    entries.push({ path, split, label });
  }
  for (const [folder, count] of counts) {
    if (count > 0) continue;
    throw refuse(`folder ${folder} is empty; expected pictures in it: add them or remove the folder`);
  }
  return entries;
}

/** Where a tree begins. */
interface Root {
  /** '' or ending in '/' */
  readonly prefix: string;
  /** Whether it consists of class folders, without split folders. */
  readonly alone: boolean;
}

/** The least deep folder that holds split folders with class folders, or else class folders alone. */
function findRoot(paths: readonly string[], source: string): Root {
  const withSplits = rootsOf(paths, 1);
  const alone = withSplits.size === 0;
  const roots = alone ? rootsOf(paths, 0) : withSplits;
  const depth = Math.min(...roots.values());
  const [prefix, second] = [...roots].filter(([, d]) => d === depth).map(([root]) => root);
  if (prefix === undefined) {
    const top = [...new Set(paths.map((path) => path.replace(/(?<=\/).*/, '')))].slice(0, 5).join(', ');
    throw new DataError(
      `${source}: none of the expected names inside (found ${printable(top) || 'nothing'}); expected ${TREE_SHAPE}, or fer2013.csv(.gz), icml_face_data.csv(.gz), archive.zip`,
    );
  }
  if (second !== undefined) {
    throw new DataError(
      `${source}: two data sets inside, ${prefix} and ${second}; expected one: give the path of the one you mean`,
    );
  }
  return { prefix, alone };
}

/** The folders that class folders with files stand in, by their depth. @param splits levels of split folders between, 0 or 1 */
function rootsOf(paths: readonly string[], splits: 0 | 1): Map<string, number> {
  const roots = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let i = 0; i + splits + 1 < parts.length; i++) {
      if (splits === 1 && splitOf(parts[i] ?? '') === undefined) continue;
      if (classIndex(parts[i + splits] ?? '') === undefined) continue;
      roots.set(parts.slice(0, i).join('/') + (i > 0 ? '/' : ''), i);
      break;
    }
  }
  return roots;
}
