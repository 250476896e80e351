import type { Group } from 'h5wasm';

/** Writes the part of HDF5 that Keras's `.h5` needs, with the HDF5 library compiled to WebAssembly (h5wasm). */

/** A group of a file that is written. */
export type NewH5Group = Group;

/** Returns the bytes of a file whose content `fill` writes. */
export async function encodeH5(fill: (root: NewH5Group) => void): Promise<Uint8Array> {
  const { File, ready } = await import('h5wasm'); // loaded when it is needed: it takes 10 GB of address space
  const { FS, activate_throwing_error_handler } = await ready;
  activate_throwing_error_handler(); // instead of printing
  const name = 'new.h5'; // in the library's own file system, in memory
  const file = new File(name, 'w', { libver: ['earliest', 'latest'] }); // as h5py does
  try {
    fill(file);
  } finally {
    file.close();
  }
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return bytes;
}

/** Creates a group in a group. */
export const putGroup = (of: NewH5Group, name: string): NewH5Group => of.create_group(name) as NewH5Group;

/** Writes one text as h5py stores Python's bytes (variable length, ASCII) or str (variable length, UTF-8). */
export function putText(of: NewH5Group, name: string, value: string, kind: 'ascii' | 'utf8' = 'ascii'): void {
  of.create_attribute(name, value, null, kind === 'ascii' ? 'A' : 'S');
}

/** The size limit of attributes, which are part of an object's header. Keras divides longer lists into several. */
const HEADER_LIMIT = 64512;

/**
 * Writes a list of texts like numpy's byte strings: all are padded to the length of the longest one. An empty list becomes no
 * numbers.
 */
export function putTexts(of: NewH5Group, name: string, values: readonly string[]): void {
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
export function putNumbers(of: NewH5Group, name: string, data: Float32Array, shape: readonly number[]): void {
  of.create_dataset({ name, data, shape: [...shape], dtype: '<f' });
}
