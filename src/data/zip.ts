import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { DataError } from '../util/errors.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { readTree, type TreeOptions } from './folders.js';
import { isLitter, planTree } from './tree.js';
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
      throw new DataError(
        `${path}: the zip file is cut off or damaged (${why}); expected Kaggle's archive.zip: download it again`,
        { cause },
      );
    }
  };
  const names: string[] = [];
  unpack((name) => {
    names.push(name);
    return false;
  });
  const csv = names.find((name) => CSV_FILE.test(name) && !isLitter(name));
  if (csv !== undefined) {
    const data = unpack((name) => name === csv)[csv] ?? new Uint8Array(0);
    return parseFer2013Csv(slices(data), `${path}/${csv}`, {
      skipBad: options.skipBad,
      onBytes: (done) => options.onProgress?.({ done, total: data.length, unit: 'bytes' }),
    });
  }
  const entries = planTree(names, path);
  const wanted = new Set(entries.map((entry) => entry.path));
  const files = unpack((name) => wanted.has(name));
  return readTree(entries, (name) => files[name] ?? new Uint8Array(0), path, options);
}

async function* slices(data: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < data.length; at += 1 << 20) yield data.subarray(at, at + (1 << 20));
}
