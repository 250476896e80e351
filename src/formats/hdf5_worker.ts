import { parentPort, workerData } from 'node:worker_threads';
import type { Dataset, Group } from 'h5wasm';
import { fromHalf } from '../util/halves.js';
import type { ReaderMessage, ReaderTask } from './hdf5.js';
import type { H5Dataset, H5Group, H5Value } from './hdf5_tree.js';

/**
 * The worker thread that reads one HDF5 file, see `readH5Tree`. The library sees a file system of its own, in memory, with this
 * file alone, so that links in it lead nowhere.
 */

/** Deepest nesting of groups. Keras uses five levels. */
const DEEPEST = 32;
/** Most groups and datasets. */
const MOST_OBJECTS = 100_000;
/** Bytes of a page of WebAssembly memory. */
const PAGE = 65_536;

const port = parentPort as NonNullable<typeof parentPort>;
const { bytes, skip, most } = workerData as ReaderTask;

limitMemory(2 * most);
const h5 = await import('h5wasm');
const library = await h5.ready;
const { FS, activate_throwing_error_handler, get_attribute_metadata: metadataOf } = library;
/** The character set (H5T_cset_t) with which texts are read. h5py marks names that Keras wrote in UTF-8 as ASCII, which is a part of it. */
const UTF8 = 1;
library.get_attribute_metadata = (...attribute) => Object.assign(metadataOf(...attribute), { cset: UTF8 });
activate_throwing_error_handler(); // instead of printing
function send(message: ReaderMessage): void {
  port.postMessage(message);
}

/** Declarations that the types of Node.js lack. */
declare const WebAssembly: {
  readonly Memory: { readonly prototype: { readonly buffer: ArrayBuffer; grow(pages: number): number } };
};

/** Limits the memory of the library, which then reports that it is out of memory. */
function limitMemory(limit: number): void {
  const memory = WebAssembly.Memory.prototype;
  const { grow } = memory;
  memory.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE > limit) throw new RangeError('the limit of the reader');
    return grow.call(this, pages);
  };
}

/** What may still be read before a limit is exceeded. */
interface Budget {
  /** Bytes of numbers. */
  left: number;
  /** Number of objects read so far. */
  objects: number;
}

function groupOf(group: Group, budget: Budget, depth: number, transfer: ArrayBuffer[]): H5Group {
  if (depth > DEEPEST) throw new Error(`groups nested deeper than ${DEEPEST} levels`);
  const members = new Map<string, H5Group | H5Dataset>();
  for (const name of group.keys()) {
    if (depth === 0 && skip.includes(name)) continue;
    if (++budget.objects > MOST_OBJECTS) throw new Error(`more than ${MOST_OBJECTS} objects`);
    const member = group.get(name);
    if (member instanceof h5.Group) members.set(name, groupOf(member, budget, depth + 1, transfer));
    if (member instanceof h5.Dataset) members.set(name, datasetOf(member, budget, transfer));
  }
  return { attributes: attributesOf(group, budget), members };
}

/** Classes of data types (H5T_class_t) that are read. */
const [INTEGER, FLOAT, TEXT] = [0, 1, 3];

function datasetOf(dataset: Dataset, budget: Budget, transfer: ArrayBuffer[]): H5Dataset {
  const { type, size, total_size: count } = dataset.metadata;
  const kind = String(dataset.attrs['dtype']?.value ?? dataset.dtype);
  const shape = dataset.shape ?? [];
  if (!isNumeric(type, size)) return { shape, kind, data: undefined };
  spend(budget, size * count);
  const data = isHalf(type, size) ? halvesOf(dataset) : toFloats(dataset.value);
  transfer.push(data.buffer as ArrayBuffer);
  return { shape, kind, data };
}

/** Whether numbers of this type are read. */
const isNumeric = (type: number, size: number): boolean =>
  (type === INTEGER && [1, 2, 4, 8].includes(size)) || (type === FLOAT && [2, 4, 8].includes(size));

const isHalf = (type: number, size: number): boolean => type === FLOAT && size === 2;

/** Reads floats of 16 bits. The library does not support them, so they are read as integers of this size. */
function halvesOf(dataset: Dataset): Float32Array {
  Object.assign(dataset.metadata, { type: INTEGER, signed: false });
  return Float32Array.from(dataset.value as Uint16Array, fromHalf);
}

function spend(budget: Budget, size: number): void {
  budget.left -= size;
  if (!(budget.left >= 0)) throw new Error(`its numbers have more than ${most} bytes`);
}

const isTypedArray = (value: unknown): value is ArrayLike<number | bigint> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

const toFloats = (value: unknown): Float32Array =>
  value instanceof Float32Array ? value : Float32Array.from(isTypedArray(value) ? value : [value], Number);

/** Texts, lists of texts, and numbers; others are left out. */
function attributesOf(group: Group, budget: Budget): Map<string, H5Value> {
  const values = new Map<string, H5Value>();
  for (const [name, attribute] of Object.entries(group.attrs)) {
    const { type, size, total_size: count } = attribute.metadata;
    const readable = type === TEXT || (isNumeric(type, size) && !isHalf(type, size));
    if (attribute.shape === null || !readable) continue;
    spend(budget, size * count);
    const value: unknown = attribute.value;
    if (typeof value === 'string') values.set(name, value);
    else if (type === TEXT) values.set(name, (value as unknown[]).map(String));
    else values.set(name, toFloats(value));
  }
  return values;
}

send({ type: 'ready' });
try {
  FS.writeFile('file', bytes);
  const transfer: ArrayBuffer[] = [];
  const root = groupOf(new h5.File('file', 'r'), { left: most, objects: 0 }, 0, transfer);
  port.postMessage({ type: 'read', root } satisfies ReaderMessage, transfer);
} catch (error) {
  // The library reports its whole call stack; the reason is at the end.
  const [why] = [...String(error).matchAll(/(?<=\): ).*/g)].at(-1) ?? [String(error)];
  send({ type: 'failed', why });
}
