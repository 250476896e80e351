import { existsSync } from 'node:fs';

/** Data files by their usual names; of several in a folder, the first is read. */
export const DATA_FILES = [
  ...['fer2013.csv', 'fer2013.csv.gz', 'icml_face_data.csv', 'icml_face_data.csv.gz'],
  ...['fer2013.tar.gz', 'fer2013.tgz', 'fer2013.tar', 'fer2013.zip', 'archive.zip'],
];

/** Usual places of FER-2013, relative to the current directory. */
const PLACES = [...DATA_FILES.map((name) => `data/${name}`), 'data/train', ...DATA_FILES];

/** Finds FER-2013 at FER_TUI_DATA or in the usual places; undefined if it is not there. */
export function findData(): string | undefined {
  return [process.env['FER_TUI_DATA'], ...PLACES].find((path) => path !== undefined && existsSync(path));
}
