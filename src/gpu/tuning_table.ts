import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import type { AdapterInfo } from './device.js';

/** The measured way of each `tuningKey` (see tuning.ts). */
export type TuningTable = Map<string, string>;

/** The JSON file of a table. */
interface TableFile {
  readonly format: 1;
  readonly adapter: string;
  readonly choices: Readonly<Record<string, string>>;
}

/** Tables that ship with the package, by a part of the adapter's name. */
const SHIPPED: readonly { readonly adapter: RegExp; readonly file: string }[] = [
  { adapter: /llvmpipe/, file: 'llvmpipe.json' },
];
const SHIPPED_DIR = new URL('../../tuning/', import.meta.url);

/** Path of this machine's own measurements of an adapter and driver. */
export function tablePath({ name }: AdapterInfo): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return join(cacheFolder(), `tuning-${hash}.json`);
}

/** The shipped table of an adapter, overridden by this machine's measurements. Empty if there is neither. */
export function readTable(info: AdapterInfo): TuningTable {
  const shipped = SHIPPED.find(({ adapter }) => adapter.test(info.name));
  const paths = shipped === undefined ? [] : [fileURLToPath(new URL(shipped.file, SHIPPED_DIR))];
  return new Map([...paths, tablePath(info)].flatMap(readChoices));
}

/** The rows of a table on disk. An unreadable table counts as empty: the default ways are correct, only slower. */
export function readChoices(path: string): [string, string][] {
  try {
    const { format, choices } = JSON.parse(readFileSync(path, 'utf8')) as TableFile;
    return format === 1 ? Object.entries(choices) : [];
  } catch {
    return [];
  }
}

/** Writes a table, sorted by key so that two tables can be compared. Throws RunError. */
export function writeTable(path: string, info: AdapterInfo, table: TuningTable): void {
  makeFolder(dirname(path));
  const choices = Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1)));
  const file: TableFile = { format: 1, adapter: info.name, choices };
  atomicWrite(path, `${JSON.stringify(file, null, 1)}\n`);
}
