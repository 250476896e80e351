import { existsSync } from 'node:fs';

/** Where FER-2013 is looked for. */
const DATA_PLACES = [
  'data/fer2013.csv',
  'fer2013.csv',
  'data/fer2013.csv.gz',
  'fer2013.csv.gz',
  'data/archive.zip',
];

/** FER-2013 in or under the current folder. */
export function findData(): string | undefined {
  return DATA_PLACES.find((path) => existsSync(path));
}
