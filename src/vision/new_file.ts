import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../util/errors.js';

/** Throws UsageError if a file that an option names exists already, or if its folder does not. */
export function checkNewFile(flag: string, path: string): void {
  if (existsSync(path)) throw new UsageError(`${flag} ${path}: the file exists; choose another name`);
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new UsageError(`${flag} ${path}: there is no folder ${folder}; create it first`);
}
