import { DataError } from '../util/errors.js';
import { inMegabytes } from '../util/megabytes.js';

/** A file in an archive. */
export interface Member {
  /** With `/` as separator, and without what leads out of the archive: see `memberName`. */
  readonly name: string;
  /** Why it cannot be read without another program, and what to do; undefined: it can. */
  readonly locked?: string | undefined;
  /**
   * Its bytes. Throws DataError where it is damaged, is no file, or is larger than the limit.
   * @param most bytes that are unpacked at most
   */
  unpack(most: number): Uint8Array;
}

/** What is in an archive, of whatever kind. Nothing of it is written to the disk. */
export interface Archive {
  /** Each name once: of several, the last one counts, as for `tar -x`. */
  readonly members: ReadonlyMap<string, Member>;
  /** Names of folders, ending in `/`. */
  readonly folders: readonly string[];
}

/** Makes an archive of its entries in file order; names of folders end in `/`. */
export function archiveOf(entries: readonly Member[]): Archive {
  const members = new Map<string, Member>();
  const folders = new Set<string>();
  for (const entry of entries) {
    if (entry.name === '' || entry.name === '/') continue; // the folder that was packed
    if (entry.name.endsWith('/')) folders.add(entry.name);
    else members.set(entry.name, entry);
  }
  return { members, folders: [...folders] };
}

/**
 * The name of a member without what leads out of the archive: without a root (`/`, `C:\`), `./`, and all up to the last `..`.
 * GNU tar does the same when it unpacks.
 */
export function memberName(raw: string): string {
  const parts = raw.replace(/^[A-Za-z]:(?=[\\/])/, '').split('/');
  const inside = parts.slice(parts.lastIndexOf('..') + 1);
  const folder = raw.endsWith('/') || parts.at(-1) === '..' || parts.at(-1) === '.';
  const name = inside.filter((part) => part !== '' && part !== '.').join('/');
  return folder ? `${name}/` : name;
}

/** An error of a member. @param source name of the archive */
export const memberError = (source: string, name: string, what: string, options?: ErrorOptions): DataError =>
  new DataError(`${source}/${name}: ${what}`, options);

/** Throws DataError where a member is larger than the limit. */
export function checkSize(source: string, name: string, size: number, most: number): void {
  if (size <= most) return;
  throw memberError(
    source,
    name,
    `it unpacks to ${inMegabytes(size)}; expected at most ${inMegabytes(most)}`,
  );
}
