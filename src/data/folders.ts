import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../util/errors.js';
import { decodeFace } from './image.js';
import { SplitBuilder } from './split_builder.js';
import { isLitter, planTree, SPLIT_FOLDERS, type TreeEntry } from './tree.js';
import type { Dataset, LoadOptions } from './types.js';

export interface TreeOptions {
  readonly skipBad: boolean;
  readonly onProgress?: NonNullable<LoadOptions['onProgress']>;
}

/** Reads `train|validation|test/<emotion>/*.jpg|png`. Throws DataError on a tree of another kind or an empty class. */
export function readFolderTree(root: string, options: TreeOptions): Promise<Dataset> {
  const entries = planTree(listTree(root), root);
  return readTree(entries, (path) => readFileSync(join(root, path)), root, options);
}

/** A fingerprint that changes when an image of the tree is added, removed or written. Costs one `stat` per file. */
export function treeFingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const path of listTree(root)) {
    if (path.endsWith('/')) continue;
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\n${size}\n${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * Lists the files and folders (ending in `/`) of the split folders in `root` or one level deeper, relative to `root`. It does
 * not search elsewhere, because the user may name a home folder by mistake.
 */
function listTree(root: string): string[] {
  const paths: string[] = [];
  const walk = (prefix: string, depth: number): void => {
    for (const name of list(root, prefix)) {
      paths.push(name);
      if (name.endsWith('/') && depth < 3) walk(name, depth + 1);
    }
  };
  const top = list(root, '');
  paths.push(...top.filter((name) => !isSplit(name)));
  const found = top.some(isSplit) ? [''] : top.filter((name) => name.endsWith('/'));
  for (const base of found) {
    for (const name of list(root, base)) {
      if (!isSplit(name)) continue;
      paths.push(name);
      walk(name, 1);
    }
  }
  return paths.sort();
}

function isSplit(path: string): boolean {
  return path.endsWith('/') && SPLIT_FOLDERS.has(path.split('/').at(-2)?.toLowerCase() ?? '');
}

function list(root: string, prefix: string): string[] {
  return readdirSync(join(root, prefix), { withFileTypes: true })
    .map((entry) => {
      const path = prefix + entry.name;
      const kind = entry.isSymbolicLink() ? statSync(join(root, path), { throwIfNoEntry: false }) : entry;
      return kind?.isDirectory() ? `${path}/` : path;
    })
    .filter((path) => !isLitter(path));
}

/**
 * Decodes the images of a tree. It yields to the event loop regularly.
 * @param read returns the bytes of a file @param source name of the file or folder, for messages
 */
export async function readTree(
  entries: readonly TreeEntry[],
  read: (path: string) => Uint8Array,
  source: string,
  options: TreeOptions,
): Promise<Dataset> {
  const builder = new SplitBuilder();
  const total = entries.length;
  for (const [i, { path, split, label, readable }] of entries.entries()) {
    if (i % 256 === 0) {
      options.onProgress?.({ done: i, total, unit: 'images' });
      await new Promise((resolve) => setTimeout(resolve));
    }
    const name = join(source, path);
    try {
      if (!readable)
        throw new DataError(
          `${name}: this image format is not read; expected JPEG or PNG: convert it, or leave such images out with --skip-bad`,
        );
      decodeFace(read(path), name, builder.slot(split));
      builder.commit(split, label);
    } catch (error) {
      if (!(error instanceof DataError) || !options.skipBad) throw error;
      builder.skip(error.message);
    }
  }
  if (builder.rows === 0) {
    throw new DataError(
      `${source}: no good image among ${total}; expected JPEG or PNG faces: download it again`,
    );
  }
  options.onProgress?.({ done: total, total, unit: 'images' });
  return builder.build('FER-2013 folders', source);
}
