import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { unzipSync } from 'fflate';
import { DataError } from '../util/errors.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { placeOf, readTree, type TreeOptions } from './folders.js';
import { IMAGE_FILE } from './image.js';
import type { Dataset } from './types.js';

const CSV_FILE = /(^|\/)(fer2013|icml_face_data)\.csv$/i;

/** Reads Kaggle's `archive.zip` as downloaded: one of the CSV files, or a tree train|test/<emotion>/*.jpg. */
export async function readZip(path: string, options: TreeOptions): Promise<Dataset> {
  const bytes = readFileSync(path);
  const unpack = (wanted: (name: string) => boolean): Record<string, Uint8Array> => {
    try {
      return unzipSync(bytes, { filter: ({ name }) => wanted(name) });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DataError(`${path}: the zip file is cut off or damaged (${why}); download it again`, {
        cause,
      });
    }
  };
  const names: string[] = [];
  unpack((name) => {
    names.push(name);
    return false;
  });
  const csv = names.find((name) => CSV_FILE.test(name));
  if (csv !== undefined) {
    const data = unpack((name) => name === csv)[csv] ?? new Uint8Array(0);
    return parseFer2013Csv(slices(data), `${basename(path)}:${csv}`, { skipBad: options.skipBad });
  }
  const images = names.filter((name) => IMAGE_FILE.test(name) && placeOf(name) !== undefined).sort();
  if (images.length === 0) {
    throw new DataError(
      `${path}: expected fer2013.csv, icml_face_data.csv, or folders train|test/<emotion>/*.jpg inside; it has ${names.length} other files`,
    );
  }
  const files = unpack((name) => images.includes(name));
  return readTree(
    images.map((name) => ({ name, read: () => files[name] ?? new Uint8Array(0) })),
    path,
    options,
  );
}

async function* slices(data: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < data.length; at += 1 << 20) yield data.subarray(at, at + (1 << 20));
}
