import { basename, extname, join } from 'node:path';
import { makeFolder, writeError } from '../util/atomic_write.js';
import type { Picture } from '../util/picture.js';
import { writePicture } from '../util/picture_file.js';
import type { VisionOptions } from './protocol.js';

/** Writes annotated photographs into one file, or into a folder, each under a name of its own. */
export class AnnotatedFiles {
  readonly #names = new Set<string>();

  readonly #out: NonNullable<VisionOptions['out']>;

  constructor(out: NonNullable<VisionOptions['out']>) {
    this.#out = out;
  }

  /** Writes what became of the photograph at a path. @returns the file. Throws RunError when it cannot be written. */
  write(path: string, picture: Picture): string {
    const out = this.#out;
    if ('folder' in out) return writeInto(out.folder, this.#nameFor(path), picture);
    writePicture(out.file, picture);
    return out.file;
  }

  /** Photographs of equal names from different folders get numbers: a.png, a-2.png. */
  #nameFor(path: string): string {
    const [ending = ''] = /\.(png|jpe?g)$/i.exec(path) ?? ['.png'];
    const stem = basename(path, extname(path));
    let name = `${stem}${ending}`;
    for (let n = 2; this.#names.has(name.toLowerCase()); n++) name = `${stem}-${n}${ending}`;
    this.#names.add(name.toLowerCase());
    return name;
  }
}

/** Writes a picture into a folder, which is made if need be. @returns its path. Throws RunError when it cannot be written. */
export function writeInto(folder: string, name: string, picture: Picture): string {
  const path = join(folder, name);
  try {
    makeFolder(folder);
  } catch (cause) {
    throw writeError(path, cause);
  }
  writePicture(path, picture);
  return path;
}
