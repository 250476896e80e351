import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../util/errors.js';

/** Lists an image file, or the images of a folder by name. Throws DataError when there is none. */
export function imagesAt(path: string, pattern = /\.(jpe?g|png)$/i): string[] {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (cause) {
    throw new DataError(`${path}: there is no such file or folder; expected JPEG or PNG images`, { cause });
  }
  if (!folder) return [path];
  const names = readdirSync(path).filter((name) => pattern.test(name));
  if (names.length === 0) throw new DataError(`${path}: no .jpg or .png in this folder`);
  return names.sort().map((name) => join(path, name));
}
