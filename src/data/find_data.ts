import { existsSync } from 'node:fs';

/** Usual places of FER-2013, relative to the current directory. */
const PLACES = [
  'data/fer2013.csv',
  'data/fer2013.csv.gz',
  'data/archive.zip',
  'data/train',
  'fer2013.csv',
  'fer2013.csv.gz',
  'archive.zip',
];

/** Finds FER-2013 at FER_TUI_DATA or in the usual places; undefined if it is not there. */
export function findData(): string | undefined {
  return [process.env['FER_TUI_DATA'], ...PLACES].find((path) => path !== undefined && existsSync(path));
}
