import { lstatSync } from 'node:fs';

/** What the codes of the operating system mean, for people. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** What is said of a symbolic link whose target is missing. */
const NOWHERE = 'the link leads nowhere';

/** Whether a path that does not exist is that of a symbolic link. */
export function leadsNowhere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false; // its folder cannot be read, or its name is not valid
  }
}

/** What is said of a path at which nothing is, neither a file nor a folder. */
export const missingReason = (path: string): string =>
  leadsNowhere(path) ? NOWHERE : 'there is no such file or folder';

/** Why a file cannot be read or written. @param cause what doing so has thrown */
export function systemReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code = '', path } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined && leadsNowhere(path)) return NOWHERE;
  return REASONS[code] ?? (cause.message.split('\n')[0] as string);
}
