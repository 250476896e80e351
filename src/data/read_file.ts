import { statSync } from 'node:fs';
import type { Archive, Member } from '../archives/archive.js';
import { type ByteSource, chunksOf, inMemory, openBytes } from '../archives/byte_source.js';
import { collected, peek, unpacked } from '../archives/packed.js';
import { readTar } from '../archives/tar.js';
import { readZip } from '../archives/zip.js';
import { DataError } from '../util/errors.js';
import { listOf } from './class_names.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { BEGINNING, type FileKind, fileKind } from './file_kind.js';
import { DATA_FILES } from './find_data.js';
import { readTree, type TreeOptions } from './folders.js';
import { holdsTree, isLitter, planTree } from './tree.js';
import type { Dataset } from './types.js';
import { notRead } from './unread.js';

/** The kinds of data that can be loaded, for messages. */
export const KNOWN_DATA =
  'fer2013.csv or icml_face_data.csv, a .zip or .tar of it or of pictures in class folders (also .gz), such a folder, or "synthetic" for built-in faces';

/** Bytes that are kept in memory at most, of a packed tar or of one table in an archive. FER-2013 has 300 MB. */
const MOST_BYTES = 2e9;
/** Largest size of a picture in an archive, in bytes. */
const MOST_PICTURE = 256e6;

/** Names of archives and packed files. */
const ARCHIVE = /\.(zip|tar|tgz|tbz2?|txz|gz|zst|xz|bz2|7z|rar)$/i;
const TABLE = /\.[ct]sv(\.gz|\.zst)?$/i;

/** Archives of other programs are recognised by names that all, or some, of their files have. */
const OTHER_ARCHIVES: readonly (readonly [how: 'every' | 'some', name: RegExp, what: string])[] = [
  ['every', /\.npy$/i, 'a NumPy archive (.npz)'],
  ['some', /^\[Content_Types\]\.xml$/, 'an Office document'],
  ['some', /^model\.weights\.h5$/, 'a Keras model'],
  ['some', /(^|\/)data\.pkl$/, 'a PyTorch file'],
];

/** The kind of a file on the disk, by its first bytes. Throws DataError for what is no file, Node's error. */
export function kindOf(path: string): FileKind {
  if (!statSync(path).isFile()) {
    throw new DataError(`data ${path}: pipes and devices are not supported; expected ${KNOWN_DATA}`);
  }
  const file = openBytes(path);
  try {
    return fileKind(file.read(0, BEGINNING), path);
  } finally {
    file.close();
  }
}

/** Reads a file of any kind that is known by its content. Throws DataError, Node's error. */
export async function readDataFile(path: string, options: TreeOptions): Promise<Dataset> {
  const file = openBytes(path);
  try {
    return await readBytes(file, path, options, 0);
  } finally {
    file.close();
  }
}

/** @param depth number of archives that enclose these bytes */
async function readBytes(
  bytes: ByteSource,
  path: string,
  options: TreeOptions,
  depth: number,
): Promise<Dataset> {
  const report = (done: number): void => options.onProgress?.({ done, total: bytes.length, unit: 'bytes' });
  const kind = fileKind(bytes.read(0, BEGINNING), path);
  if (kind.read === 'table') return parseFer2013Csv(chunksOf(bytes, report), path, options);
  if (kind.read === 'zip') return readArchive(readZip(bytes, path), path, options, depth);
  if (kind.read === 'tar') return readArchive(readTar(bytes, path), path, options, depth);
  if (kind.read === 'gzip' || kind.read === 'zstd') {
    const { start, all } = await peek(unpacked(bytes, kind.read, path, report), BEGINNING);
    const inside = fileKind(start, path);
    if (inside.read === 'table') return parseFer2013Csv(all, path, options);
    if (inside.read === 'tar') {
      const tar = inMemory(await collected(all, MOST_BYTES, path));
      return readArchive(readTar(tar, path), path, options, depth);
    }
    throw refusal(path, { ...inside, what: `${inside.what} in ${kind.what}` });
  }
  throw refusal(path, kind);
}

function refusal(path: string, kind: FileKind): DataError {
  const wayOut = kind.read === undefined ? kind.wayOut : 'unpack it';
  return new DataError(
    `data ${path}: it is ${kind.what}, which is not supported; expected ${KNOWN_DATA}: ${wayOut}`,
  );
}

/** Reads what an archive holds: a table, a tree of pictures, or one archive that holds them. */
async function readArchive(
  { members, folders }: Archive,
  path: string,
  options: TreeOptions,
  depth: number,
): Promise<Dataset> {
  const names = [...members.keys()].filter((name) => !isLitter(name)).sort();
  for (const [how, pattern, what] of OTHER_ARCHIVES) {
    if (names.length > 0 && names[how]((name) => pattern.test(name))) {
      throw refusal(path, {
        ...{ read: undefined, what },
        wayOut: 'write it as CSV with the columns emotion, pixels and Usage',
      });
    }
  }
  const paths = [...names, ...folders];
  const one = tableOf(names, path) ?? (holdsTree(paths) ? undefined : onlyOne(names, path));
  if (one === undefined) {
    const plan = planTree(paths, path, options);
    const read = new Map(plan.entries.map((entry) => [entry.path, unlocked(members, entry.path, path)]));
    return readTree(plan, (name) => (read.get(name) as Member).unpack(MOST_PICTURE), path, options);
  }
  const inside = `${path}/${one}`;
  if (depth > 0 && !TABLE.test(one)) {
    throw new DataError(
      `data ${inside}: archives nested three deep are not supported; expected ${KNOWN_DATA}: unpack the outer ones`,
    );
  }
  const bytes = inMemory(unlocked(members, one, path).unpack(MOST_BYTES));
  const dataset = await readBytes(bytes, inside, options, depth + 1);
  const others = names.filter((name) => name !== one);
  const notes = notRead('other', others, `${path}: ${one} is read; `);
  return { ...dataset, notes: [...dataset.notes, ...notes] };
}

/** The member of this name. Throws DataError where another program has to unpack it. */
function unlocked(members: Archive['members'], name: string, path: string): Member {
  const member = members.get(name) as Member;
  if (member.locked === undefined) return member;
  throw new DataError(
    `data ${path}: ${name}: ${member.locked}, and give the folder or the CSV file that comes out; expected ${KNOWN_DATA}`,
  );
}

/** The table of FER-2013 among files. Throws DataError for two of the same name. */
function tableOf(names: readonly string[], path: string): string | undefined {
  const bare = (name: string): string => (name.split('/').at(-1) as string).toLowerCase();
  const known = DATA_FILES.filter((name) => TABLE.test(name)).map((table) =>
    names.filter((name) => bare(name) === table),
  );
  const [first, second] = known.find((same) => same.length > 0) ?? [];
  if (second === undefined) return first;
  throw new DataError(
    `data ${path}: two data sets inside, ${listOf([first as string, second])}; expected one: unpack it, and give the one you mean`,
  );
}

/** The only table or, without one, the only archive among files. Throws DataError for several. */
function onlyOne(names: readonly string[], path: string): string | undefined {
  const tables = names.filter((name) => TABLE.test(name));
  const [first, ...more] = tables.length > 0 ? tables : names.filter((name) => ARCHIVE.test(name));
  if (more.length === 0) return first;
  throw new DataError(
    `data ${path}: none of the ${more.length + 1} files ${listOf([first as string, ...more])} has a name that tells which to read; expected fer2013.csv, icml_face_data.csv or one table: unpack it, and give the one you mean`,
  );
}
