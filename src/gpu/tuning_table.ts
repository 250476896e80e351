import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import { readText } from '../util/read_whole.js';
import type { AdapterInfo } from './adapter.js';

/** The measured way of each `tuningKey` (see tuning.ts). */
export type TuningTable = Map<string, string>;

/** The content of a table's JSON file. */
interface TableFile {
  readonly format: 1;
  readonly adapter: string;
  /** What the choices were measured on, as `measuredOn` returns it. Files of early versions lack it. */
  readonly key?: string;
  readonly choices: Readonly<Record<string, string>>;
  /** The choices that a person made, each with the measured choice it replaced; null: there was none. */
  readonly pinned?: Readonly<Record<string, string | null>>;
}

/** The choices that a person pinned, by `tuningKey`, each with the measured choice it replaced; null: there was none. */
export type Pins = ReadonlyMap<string, string | null>;

/**
 * Tables that ship with the package, by a part of the adapter's name and the number of lanes in its subgroups. Of those that
 * fit, later ones override earlier ones. Software Vulkan with 4 or 16 lanes or without subgroups, and SwiftShader, need no
 * table: the best guesses are what was fastest there (docs/performance.md).
 */
const SHIPPED: readonly { readonly adapter: RegExp; readonly lanes: number; readonly file: string }[] = [
  { adapter: /llvmpipe/, lanes: 8, file: 'llvmpipe.json' },
  // Mesa 26 loads the lanes of a vector by one gather.
  { adapter: /llvmpipe: Mesa (2[6-9]|[3-9]\d)\./, lanes: 8, file: 'llvmpipe-26.json' },
];
const SHIPPED_DIR = new URL('../../tuning/', import.meta.url);

/**
 * What decides how fast kernels are: the adapter, its subgroups, whether its matrix units are used, and its driver with the first two numbers of each version. A
 * driver's name alone does not say how many lanes it computes with; the rest of its version does not matter.
 */
export function measuredOn({
  vendor,
  architecture,
  device,
  subgroupMin,
  subgroupMax,
  matrixUnit,
  name,
}: AdapterInfo): string {
  const driver = name.replace(/(\d+\.\d+)[\w.~+-]*/g, '$1');
  const subgroups = `subgroups ${subgroupMin}-${subgroupMax}${matrixUnit ? ', matrix units' : ''}`;
  return [vendor, architecture, device, subgroups, driver].join(' / ');
}

/** Path of this machine's own measurements of an adapter and driver. */
export function tablePath(info: AdapterInfo): string {
  const hash = createHash('sha256').update(measuredOn(info)).digest('hex').slice(0, 12);
  return join(cacheFolder(), `tuning-${hash}.json`);
}

/** The shipped tables of an adapter, overridden by this machine's measurements. Empty if there are none. */
export function readTable(info: AdapterInfo): TuningTable {
  const shipped = SHIPPED.filter(
    ({ adapter, lanes }) =>
      adapter.test(info.name) && info.subgroupMin === lanes && info.subgroupMax === lanes,
  );
  const paths = shipped.map(({ file }) => fileURLToPath(new URL(file, SHIPPED_DIR)));
  return new Map([...paths, tablePath(info)].flatMap(readChoices));
}

/**
 * Whether a table on disk was measured on such an adapter. Tables of early versions record only the adapter's name. True
 * also for a table that cannot be read: it contributes no choices.
 */
export function suits(path: string, info: AdapterInfo): boolean {
  try {
    const { adapter, key } = JSON.parse(readText(path)) as Partial<TableFile>;
    return key === undefined ? adapter === undefined || adapter === info.name : key === measuredOn(info);
  } catch {
    return true;
  }
}

/** The rows of a table on disk. An unreadable table counts as empty: the default ways are correct, only slower. */
export function readChoices(path: string): [string, string][] {
  try {
    const { format, choices } = JSON.parse(readText(path)) as TableFile;
    return format === 1 ? Object.entries(choices) : [];
  } catch {
    return [];
  }
}

/** The pinned choices of a table on disk. An unreadable table has none. */
export function readPins(path: string): Pins {
  try {
    const { format, pinned = {} } = JSON.parse(readText(path)) as TableFile;
    return new Map(format === 1 ? Object.entries(pinned) : []);
  } catch {
    return new Map();
  }
}

/**
 * Writes a table, sorted by key so that two tables can be compared. Throws RunError.
 *
 * @param pins default: those of the file
 */
export function writeTable(
  path: string,
  info: AdapterInfo,
  table: TuningTable,
  pins: Pins = readPins(path),
): void {
  needFolder(dirname(path));
  const sorted = <T>(rows: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
  const choices = sorted(table);
  const file: TableFile = {
    ...{ format: 1, adapter: info.name, key: measuredOn(info), choices },
    ...(pins.size > 0 && { pinned: sorted(pins) }),
  };
  atomicWrite(path, `${JSON.stringify(file, null, 1)}\n`);
}
