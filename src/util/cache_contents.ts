import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './errors.js';
import { isAlive } from './processes.js';

/** What lies in the cache, by kind. `clear` removes what is written again by itself, and nothing that was measured or built. */
const KINDS = [
  { kind: 'data sets in the form of training', of: /\.faces$/, clears: true },
  { kind: 'logs of engines and drivers', of: /^(engine|driver)(-\d+)?\.log$/, clears: true },
  { kind: 'measured choices of kernels', of: /^tuning-.*\.json$/, clears: false },
  { kind: 'which kernels were checked', of: /^kernels-.*\.json$/, clears: true },
  { kind: 'the camera binding', of: /^camera$/, clears: false },
  { kind: 'other', of: /^/, clears: false },
] as const;

/** The files of one kind. */
export interface CacheKind {
  readonly kind: (typeof KINDS)[number]['kind'];
  /** How many there are, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Whether clearing the cache removes them. */
  readonly clears: boolean;
}

/** The kinds of which there are files in a cache folder, which need not exist. */
export function cacheContents(folder: string): CacheKind[] {
  const found = namesOf(folder).map((name) => ({ name, ...sizeOf(join(folder, name)) }));
  return KINDS.map(({ kind, clears }) => {
    const own = found.filter(({ name }) => kindOf(name).kind === kind);
    const sum = (pick: 'files' | 'bytes'): number => own.reduce((total, entry) => total + entry[pick], 0);
    return { kind, files: sum('files'), bytes: sum('bytes'), clears };
  }).filter(({ files }) => files > 0);
}

/** Removes what can be made again. Logs of processes that run stay, and so does what cannot be removed. @returns what is gone */
export function clearCache(folder: string): { readonly files: number; readonly bytes: number } {
  let [files, bytes] = [0, 0];
  for (const name of namesOf(folder)) {
    const path = join(folder, name);
    const pid = Number(/-(\d+)\.log$/.exec(name)?.[1] ?? Number.NaN);
    if (!kindOf(name).clears || (!Number.isNaN(pid) && isAlive(pid))) continue;
    const size = sizeOf(path);
    try {
      rmSync(path);
    } catch (error) {
      if (isSystemError(error)) continue; // of another user, or removed by another process
      throw error;
    }
    files += size.files;
    bytes += size.bytes;
  }
  return { files, bytes };
}

const kindOf = (name: string) => KINDS.find(({ of }) => of.test(name)) ?? KINDS[KINDS.length - 1] ?? KINDS[0];

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}

/** Of a file, or of all files below a folder. */
function sizeOf(path: string): { files: number; bytes: number } {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { files: 0, bytes: 0 };
  if (!stats.isDirectory()) return { files: 1, bytes: stats.size };
  const parts = namesOf(path).map((name) => sizeOf(join(path, name)));
  return parts.reduce((a, b) => ({ files: a.files + b.files, bytes: a.bytes + b.bytes }), {
    files: 0,
    bytes: 0,
  });
}
