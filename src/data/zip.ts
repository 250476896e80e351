import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { unzipSync } from 'fflate';
import { DataError } from '../util/errors.js';
import { parseFer2013Csv } from './fer2013_csv.js';
import { readTree, type TreeOptions } from './folders.js';
import { isLitter, planTree } from './tree.js';
import type { Dataset } from './types.js';

const CSV_FILE = /(^|\/)(fer2013|icml_face_data)\.csv$/i;

/** Reads Kaggle's `archive.zip`, which contains a CSV file or a tree train|test/<class>/*.jpg. Throws DataError. */
export async function readZip(path: string, options: TreeOptions): Promise<Dataset> {
  const bytes = readFileSync(path);
  const sums = checksums(bytes);
  const broken = (why: string, cause?: unknown): DataError =>
    new DataError(
      `${path}: the zip file is cut off or damaged (${why}); expected Kaggle's archive.zip: download it again`,
      { cause },
    );
  const unpack = (wanted: (name: string) => boolean): Record<string, Uint8Array> => {
    const expected = new Map<string, number>();
    let files: Record<string, Uint8Array>;
    try {
      let entry = 0;
      files = unzipSync(bytes, {
        filter: ({ name }) => {
          const sum = sums[entry++];
          if (sum !== undefined) expected.set(name, sum);
          return wanted(name);
        },
      });
    } catch (cause) {
      throw broken(cause instanceof Error ? cause.message : String(cause), cause);
    }
    for (const [name, data] of Object.entries(files)) {
      const sum = expected.get(name);
      if (sum !== undefined && crc32(data) !== sum) throw broken(`${name} has a wrong checksum`);
    }
    return files;
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
      ...options,
      onBytes: (done) => options.onProgress?.({ done, total: data.length, unit: 'bytes' }),
    });
  }
  const plan = planTree(names, path, options);
  const wanted = new Set(plan.entries.map((entry) => entry.path));
  const files = unpack((name) => wanted.has(name));
  return readTree(plan, (name) => files[name] ?? new Uint8Array(0), path, options);
}

/**
 * The CRC-32 of every entry, in the order of the central directory (PKWARE APPNOTE 4.3.12, 4.3.16). They are checked here
 * because fflate does not. Without a directory, or with a zip64 one, the list is empty and nothing is checked.
 */
function checksums(bytes: Buffer): number[] {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > bytes.length) return [];
  const sums: number[] = [];
  let at = bytes.readUInt32LE(end + 16);
  while (at + 46 <= end && bytes.readUInt32LE(at) === 0x02014b50) {
    sums.push(bytes.readUInt32LE(at + 16));
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return sums;
}

async function* slices(data: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < data.length; at += 1 << 20) yield data.subarray(at, at + (1 << 20));
}
