import { readFileSync, statSync } from 'node:fs';

/**
 * Throws an error like those of the system for what is no file. Opening a pipe waits for its writer, and reading `/dev/zero` never
 * ends; no signal is heard meanwhile. For what is missing, it throws Node's error.
 */
export function requireFile(path: string): void {
  const found = statSync(path);
  if (found.isFile()) return;
  const [code, what] = found.isDirectory()
    ? ['EISDIR', 'EISDIR: it is a folder']
    : ['ENOTFILE', 'it is a pipe or a device, which is not read'];
  throw Object.assign(new Error(what), { code, syscall: 'read', path });
}

/** The content of a file that somebody names, or that others may have put there. Throws Node's errors, and for pipes and devices. */
export function readWhole(path: string): Buffer {
  requireFile(path);
  return readFileSync(path);
}

/** The content of such a file as text. */
export const readText = (path: string): string => readWhole(path).toString('utf8');
