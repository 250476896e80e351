import { existsSync } from 'node:fs';

/** Where people put FER-2013, from the current folder. */
const PLACES = [
  'data/fer2013.csv',
  'data/fer2013.csv.gz',
  'data/archive.zip',
  'data/train',
  'fer2013.csv',
  'fer2013.csv.gz',
  'archive.zip',
];

/** FER-2013, where FER_TUI_DATA says it is, or where people put it. */
export function findData(): string | undefined {
  return [process.env['FER_TUI_DATA'], ...PLACES].find((path) => path !== undefined && existsSync(path));
}
