import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { loadDataset } from '../../src/data/load.js';
import type { Dataset } from '../../src/data/types.js';
import { csv, folderWith, pixels, png } from '../data/fixtures.js';

/** A small fer2013.csv: one training image that begins with 9, one validation image that begins with 8. */
export const TABLE = csv([
  [0, 'Training', pixels(9)],
  [3, 'PublicTest', pixels(8)],
]);
/** A tree of pictures of the tones 5 and 6, and 8 and 7. */
export const TREE = {
  'faces/train/sad/b.png': png([6, 6, 6]),
  'faces/train/happy/a.png': png([5, 5, 5]),
  'faces/val/sad/c.png': png([7, 7, 7]),
  'faces/val/happy/d.png': png([8, 8, 8]),
};

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Loads a file of this name and content. */
export const load = (content: string | Uint8Array, name = 'download', skipBad = false): Promise<Dataset> =>
  loadDataset(join(folderWith({ [name]: content }), name), { cacheDir: false, skipBad });

/** The first pixels of the training and validation images. */
export const firsts = ({ splits: { train, validation } }: Dataset): number[] =>
  [train, validation].flatMap(({ images, labels }) =>
    Array.from(labels, (_, i) => images[i * 48 * 48] as number),
  );

/** A tar of files, written by the tar program. @param options e.g. the format of headers */
export function tar(files: Files, options: readonly string[] = []): Buffer {
  const folder = folderWith({});
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return execFileSync('tar', ['-C', folder, ...options, '-cf', '-', '.']);
}

/** A tar of one block of header and content for each file, under any name and of any type. */
export function rawTar(
  entries: readonly (readonly [name: string, content: string | Uint8Array, type?: string, link?: string])[],
): Buffer {
  const blocks = entries.flatMap(([name, content, type = '0', link = '']) => {
    const data = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 'latin1');
    header.write(data.length.toString(8).padStart(11, '0'), 124);
    header.write(`${' '.repeat(8)}${type}${link}`, 148);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A zip. */
export const zip = (files: Files): Buffer =>
  Buffer.from(
    zipSync(
      Object.fromEntries(
        Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]),
      ) satisfies Zippable,
    ),
  );
