import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSeven } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import { countOf, type NamingOptions } from './class_names.js';
import { decodeFace } from './image.js';
import { readPicture, statsOf } from './image_files.js';
import { PICTURE_KINDS } from './picture_kind.js';
import { SplitBuilder } from './split_builder.js';
import { splitOf } from './split_words.js';
import { isLitter, planTree, type TreePlan } from './tree.js';
import type { Dataset, LoadOptions } from './types.js';

/** What the user can do about a bad picture. */
const WAY_OUT = ': replace or remove it, or leave such pictures out with --skip-bad';

/** How a source is read. */
export interface TreeOptions extends NamingOptions {
  readonly skipBad: boolean;
  readonly onProgress?: NonNullable<LoadOptions['onProgress']>;
}

/** Reads `train|validation|test/<class>/` or `<class>/` with pictures. Throws what `planTree` and `readTree` throw. */
export function readFolderTree(root: string, options: TreeOptions): Promise<Dataset> {
  const plan = planTree(listTree(root), root, options);
  return readTree(plan, (path) => readPicture(join(root, path)), root, options);
}

/** A fingerprint that changes when an image of the tree is added, removed or written. Costs one `stat` per file. */
export function treeFingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const path of listTree(root)) {
    if (path.endsWith('/')) continue;
    const stats = statsOf(join(root, path));
    hash.update(`${path}\n${stats?.size}\n${stats?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** So many folders may each be alone in the one above. */
const MOST_LONELY = 4;

/**
 * Lists files and folders (ending in `/`), relative to `root`: those of split folders in `root` or one level deeper, and of
 * other folders what lies directly in them, which tells class folders. A folder that is alone in its folder, as archives often
 * unpack to, counts as no level. It does not search further, because the user may name a home folder by mistake.
 */
function listTree(root: string): string[] {
  const paths: string[] = [];
  /** What lies in a folder, down to so many levels below it. */
  const walk = (prefix: string, levels: number): void => {
    for (const path of list(root, prefix)) {
      paths.push(path);
      if (path.endsWith('/') && levels > 0) walk(path, levels - 1);
    }
  };
  const below = (prefix: string, levels: number, lonely = 0): void => {
    const inside = list(root, prefix);
    const splits = inside.some(isSplit);
    const alone = lonely < MOST_LONELY && inside.filter((path) => path.endsWith('/')).length === 1;
    for (const path of inside) {
      paths.push(path);
      if (!path.endsWith('/')) continue;
      if (isSplit(path)) walk(path, 2);
      else if (splits) walk(path, 1);
      else if (alone) below(path, levels, lonely + 1);
      else if (levels === 0) walk(path, 0);
      else below(path, levels - 1, lonely);
    }
  };
  below('', 1);
  return paths.sort();
}

function isSplit(path: string): boolean {
  return path.endsWith('/') && splitOf(path.split('/').at(-2) ?? '') !== undefined;
}

function list(root: string, prefix: string): string[] {
  return readdirSync(join(root, prefix), { withFileTypes: true })
    .map((entry) => {
      const path = prefix + entry.name;
      const kind = entry.isSymbolicLink() ? statsOf(join(root, path)) : entry;
      return kind?.isDirectory() ? `${path}/` : path;
    })
    .filter((path) => !isLitter(path));
}

/**
 * Decodes the images of a tree. It yields to the event loop regularly.
 * @param read returns the bytes of a file, or throws DataError @param source name of the file or folder, for messages
 */
export async function readTree(
  { entries, naming }: TreePlan,
  read: (path: string) => Uint8Array,
  source: string,
  options: TreeOptions,
): Promise<Dataset> {
  const builder = new SplitBuilder();
  const total = entries.length;
  for (const [i, { path, split, word }] of entries.entries()) {
    if (i % 256 === 0) {
      options.onProgress?.({ done: i, total, unit: 'images' });
      await new Promise((resolve) => setTimeout(resolve));
    }
    try {
      await decodeFace(read(path), join(source, path), builder.slot(split));
      builder.commit(split, word);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (!options.skipBad) throw new DataError(`${error.message}${WAY_OUT}`, { cause: error });
      builder.skip(error.message);
    }
  }
  if (builder.rows === 0) {
    throw new DataError(
      `${source}: no good image among ${total}; expected faces as ${PICTURE_KINDS}: download it again`,
    );
  }
  options.onProgress?.({ done: total, total, unit: 'images' });
  return builder.build(
    isSeven(naming.classes) ? 'FER-2013 folders' : `folders of ${countOf(naming.classes)}`,
    source,
    naming,
  );
}
