import { expressionOf } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import { classNameOf, listOf, type Naming, type NamingOptions, nameClasses } from './class_names.js';
import { SPLIT_WORDS, splitOf } from './split_words.js';
import { SPLIT_NAMES, type SplitName } from './types.js';
import { notRead } from './unread.js';

/** One image of a tree. */
export interface TreeEntry {
  /** Path relative to the source, with `/` as separator. */
  readonly path: string;
  readonly split: SplitName;
  /** Name of its class folder. */
  readonly word: string;
}

/** What to read of a tree. */
export interface TreePlan {
  readonly entries: readonly TreeEntry[];
  readonly naming: Naming;
}

/** The expected layout of a tree, for messages. */
export const TREE_SHAPE = `folders ${SPLIT_WORDS}, each with a folder of pictures for every class (angry, happy, ...), or these folders alone`;

/** Names of texts, tables and programs that people keep beside pictures. They are ignored; all other files must be pictures. */
const DOCUMENT = /\.(txt|md|csv|tsv|json|ya?ml|xml|html?|pdf|docx?|xlsx?|py|ipynb|log)$/i;

/** Names of pictures. They tell a class folder of any name; in class folders, pictures may have other names. */
const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|avif|heic|heif|p[gpn]m)$/i;

/** Whether a file is a text, a table or a program by its name. */
export const isDocument = (path: string): boolean => DOCUMENT.test(path);

/** What Windows leaves beside pictures. */
const WINDOWS_LITTER = new Set(['thumbs.db', 'desktop.ini']);

/**
 * Hidden folders and files, and what archivers and file managers leave behind. They are ignored. A hidden picture counts, but
 * not what macOS keeps beside each file (`._a.jpg`).
 */
export function isLitter(path: string): boolean {
  const parts = path.split('/');
  return parts.some((part, i) => {
    if (part === '__MACOSX' || part.startsWith('._') || WINDOWS_LITTER.has(part.toLowerCase())) return true;
    return part.startsWith('.') && !(i === parts.length - 1 && PICTURE.test(part));
  });
}

/** A class folder. */
interface ClassFolder {
  readonly path: string;
  readonly split: SplitName;
  readonly word: string;
  readonly pictures: string[];
}

/**
 * Finds the split and class of every file of a tree. Class folders without split folders are training data.
 * @param paths relative paths with `/` as separator; folders end in `/`. The split folders may be below the root. If they
 *   occur at several depths, as in one archive on Kaggle that contains its tree twice, the least deep ones are read.
 * @param source name of the tree, for messages
 * Throws DataError for another layout, for a class folder without pictures, and for class folders or files that would be
 * left out without a word; and what `nameClasses` throws.
 */
export function planTree(paths: readonly string[], source: string, options: NamingOptions = {}): TreePlan {
  const clean = paths.filter((path) => !isLitter(path)).sort();
  const { prefix, alone } = findRoot(clean, source);
  const inside = clean
    .filter((path) => path.startsWith(prefix))
    .map((path) => ({ path, parts: [...(alone ? ['train'] : []), ...path.slice(prefix.length).split('/')] }));
  const folders = classFolders(inside, source);
  const words = [...new Set(folders.map(({ word }) => word))];
  const inTrain = (word: string) => folders.find((own) => own.word === word && own.split === 'train');
  const pathOf = (word: string): string =>
    (inTrain(word) ?? folders.find((own) => own.word === word))?.path ?? word;
  const named = nameClasses({ words, source, where: (word) => `folder ${pathOf(word)}` }, options);
  if (named.classes.length === 1 && words.every((word) => expressionOf(classNameOf(word)) === undefined)) {
    throw refusal(source, `only one class folder, ${pathOf(words[0] ?? '')}; expected ${TREE_SHAPE}`);
  }
  refuseOtherSplits(inside, named, prefix, source);
  const entries = folders.flatMap(({ split, word, pictures }) =>
    named.labels.has(word) ? pictures.map((path) => ({ path, split, word })) : [],
  );
  const notes = [...named.notes, ...mergedNotes(folders, named), ...unreadNotes(clean, folders)];
  return { entries, naming: { ...named, notes } };
}

const refusal = (source: string, what: string): DataError => new DataError(`${source}: ${printable(what)}`);

interface Found {
  readonly path: string;
  /** Split, class folder, file and deeper, where there are so many. */
  readonly parts: readonly string[];
}

function classFolders(inside: readonly Found[], source: string): ClassFolder[] {
  const folders = new Map<string, ClassFolder>();
  for (const { path, parts } of inside) {
    const [splitName = '', word = '', file = '', deeper] = parts;
    const split = splitOf(splitName);
    if (split === undefined || word === '') continue;
    if (parts.length === 2 || (deeper !== undefined && deeper !== '')) {
      if (isDocument(path)) continue;
      throw refusal(
        source,
        `file ${path} lies outside the class folders; expected train/happy/NAME.jpg: move or remove it`,
      );
    }
    const folder = path.slice(0, path.lastIndexOf('/', deeper === '' ? path.length - 2 : undefined));
    const found = folders.get(folder) ?? { path: folder, split, word, pictures: [] };
    folders.set(folder, found);
    if (file !== '' && deeper !== '' && !isDocument(file)) found.pictures.push(path);
  }
  for (const { path, pictures } of folders.values()) {
    if (pictures.length > 0) continue;
    throw refusal(source, `folder ${path} is empty; expected pictures in it: add them or remove the folder`);
  }
  return [...folders.values()];
}

/** A folder beside the split folders that has folders of the same classes would be left out without a word. */
function refuseOtherSplits(inside: readonly Found[], named: Naming, prefix: string, source: string): void {
  for (const { parts } of inside) {
    const [folder = '', word = '', file = ''] = parts;
    if (splitOf(folder) !== undefined || file === '') continue;
    const name = classNameOf(word);
    if (expressionOf(name) === undefined && !named.labels.has(word)) continue;
    throw refusal(
      source,
      `folder ${prefix}${folder} has class folders but is not a split; expected ${SPLIT_WORDS}: rename or remove it`,
    );
  }
}

/** Notes on folders of one split that are of the same class. */
function mergedNotes(folders: readonly ClassFolder[], { classes, labels }: Naming): string[] {
  return SPLIT_NAMES.flatMap((name) =>
    classes.flatMap((className, label) => {
      const same = folders.filter(({ split, word }) => split === name && labels.get(word) === label);
      if (same.length < 2) return [];
      return [`${listOf(same.map(({ path }) => printable(path)))} are one class, ${className}`];
    }),
  );
}

/** Notes on files in the tree that are not read: texts and tables, and files outside the class folders. */
function unreadNotes(paths: readonly string[], folders: readonly ClassFolder[]): string[] {
  const read = new Set(folders.flatMap(({ pictures }) => pictures));
  const leaves = paths.filter((path, i) => !path.endsWith('/') || paths[i + 1]?.startsWith(path) !== true);
  const unread = leaves.filter((path) => !read.has(path) && !folders.some((own) => path === `${own.path}/`));
  return [
    ...notRead('text', unread.filter(isDocument)),
    ...notRead(
      'outside',
      unread.filter((path) => !isDocument(path)),
    ),
  ];
}

/** The root of a tree. */
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
      `${source}: none of the expected names inside (found ${printable(top) || 'nothing'}); expected ${TREE_SHAPE}, or fer2013.csv, icml_face_data.csv or an archive of them`,
    );
  }
  if (second !== undefined) {
    throw new DataError(
      `${source}: two data sets inside, ${prefix} and ${second}; expected one: give the path of the one you mean`,
    );
  }
  return { prefix, alone };
}

/** Whether there is a tree of pictures among files, perhaps one that is not as it should be. */
export function holdsTree(paths: readonly string[]): boolean {
  const clean = paths.filter((path) => !isLitter(path));
  return rootsOf(clean, 1).size > 0 || rootsOf(clean, 0).size > 0;
}

/**
 * The folders that class folders stand in, by their depth. A folder of another name than an expression is a class folder if a
 * picture lies in it.
 * @param splits levels of split folders between, 0 or 1
 */
function rootsOf(paths: readonly string[], splits: 0 | 1): Map<string, number> {
  const roots = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let i = 0; i + splits + 1 < parts.length; i++) {
      if (splits === 1 && splitOf(parts[i] ?? '') === undefined) continue;
      const picture = i + splits + 2 === parts.length && PICTURE.test(path);
      if (!picture && expressionOf(classNameOf(parts[i + splits] ?? '')) === undefined) continue;
      roots.set(parts.slice(0, i).join('/') + (i > 0 ? '/' : ''), i);
      break;
    }
  }
  return roots;
}
