import * as h5wasm from 'h5wasm/node';
import { RunError } from '../util/errors.js';

/** Reads and writes HDF5, with the HDF5 library compiled to WebAssembly (h5wasm), as far as Keras's formats need it. */
export type H5Group = h5wasm.Group;

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Whether a file is in the HDF5 format. */
export function isH5(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/** The library, set up to throw errors instead of printing them to stderr. */
async function ready(): Promise<void> {
  (await h5wasm.ready).activate_throwing_error_handler();
}

/**
 * Opens a file while `body` runs. Throws RunError when the file is damaged.
 * @param source name of the file, for messages
 */
export async function readingH5<T>(path: string, source: string, body: (file: H5Group) => T): Promise<T> {
  await ready();
  let file: h5wasm.File | undefined;
  try {
    file = new h5wasm.File(path, 'r');
    return body(file);
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    // The library reports its whole call stack; the reason is at the end.
    const [why] = [...String(cause).matchAll(/(?<=\): ).*/g)].at(-1) ?? [String(cause)];
    throw new RunError(
      `${source}: it cannot be read as an HDF5 file (${why}); it may be damaged or incomplete`,
      { cause },
    );
  } finally {
    file?.close();
  }
}

/** Creates a file and fills it in `body`. */
export async function writingH5(path: string, body: (file: H5Group) => void): Promise<void> {
  await ready();
  const file = new h5wasm.File(path, 'w');
  try {
    body(file);
  } finally {
    file.close();
  }
}

/** The object at a path in a group; undefined if there is none. */
export function at(group: H5Group, path: string): h5wasm.Group | h5wasm.Dataset | undefined {
  const parts = path.split('/');
  let here: H5Group = group;
  for (const [i, part] of parts.entries()) {
    const found = here.keys().includes(part) ? here.get(part) : undefined;
    if (i === parts.length - 1) {
      return found instanceof h5wasm.Group || found instanceof h5wasm.Dataset ? found : undefined;
    }
    if (!(found instanceof h5wasm.Group)) return undefined;
    here = found;
  }
  return undefined;
}

export function groupAt(group: H5Group, path: string): H5Group | undefined {
  const found = at(group, path);
  return found instanceof h5wasm.Group ? found : undefined;
}

/** The dataset at a path in a group, as numbers with their shape; undefined if there is none. */
export function numbersAt(
  group: H5Group,
  path: string,
): { shape: readonly number[]; data: Float32Array; kind: string } | undefined {
  const found = at(group, path);
  if (!(found instanceof h5wasm.Dataset)) return undefined;
  const value = found.value as unknown;
  const data =
    value instanceof Float32Array
      ? value
      : Float32Array.from(ArrayBuffer.isView(value) ? (value as never) : [Number(value)]);
  const kind = String(found.attrs['dtype']?.value ?? found.dtype);
  return { shape: found.shape ?? [], data, kind };
}

/** The value of an attribute; undefined if there is none. */
export function attribute(of: H5Group, name: string): unknown {
  return of.attrs[name]?.value ?? undefined;
}

/** The size limit of attributes, which are part of an object's header. Keras divides longer lists into several. */
const HEADER_LIMIT = 64512;

/** Reads a list of texts from the attribute `name`, or from `name0`, `name1`, ... An empty list is stored as no numbers. */
export function textsOf(of: H5Group, name: string): string[] {
  const list = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return Array.isArray(value) ? value.map(String) : [];
  };
  const whole = attribute(of, name);
  if (whole !== undefined) return list(whole);
  const pieces: string[] = [];
  for (let i = 0; attribute(of, `${name}${i}`) !== undefined; i++) {
    pieces.push(...list(attribute(of, `${name}${i}`)));
  }
  return pieces;
}

/** Writes one text as h5py stores Python's bytes (variable length, ASCII) or str (variable length, UTF-8). */
export function putText(of: H5Group, name: string, value: string, kind: 'ascii' | 'utf8' = 'ascii'): void {
  of.create_attribute(name, value, null, kind === 'ascii' ? 'A' : 'S');
}

/** Writes a list of texts like numpy's byte strings: all have the longest one's length. An empty list becomes no numbers. */
export function putTexts(of: H5Group, name: string, values: readonly string[]): void {
  if (values.length === 0) {
    of.create_attribute(name, new Float64Array(0), [0], '<d');
    return;
  }
  const length = Math.max(...values.map((value) => Buffer.byteLength(value)));
  const pieces = Math.ceil((values.length * length) / HEADER_LIMIT);
  const put = (key: string, part: readonly string[]): void =>
    of.create_attribute(key, [...part], [part.length], `A${length}`);
  if (pieces === 1) put(name, values);
  else {
    const each = Math.ceil(values.length / pieces);
    for (let i = 0; i * each < values.length; i++) put(`${name}${i}`, values.slice(i * each, (i + 1) * each));
  }
}

/** Writes a dataset of float32 numbers. */
export function putNumbers(of: H5Group, name: string, data: Float32Array, shape: readonly number[]): void {
  of.create_dataset({ name, data, shape: [...shape], dtype: '<f' });
}
