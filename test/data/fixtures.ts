import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { afterEach, expect } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';
import { DataError } from '../../src/util/errors.js';

/** Pixels of one face. */
export const PIXELS = 48 * 48;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with the given files (path: content), removed after the test. */
export function folderWith(files: Record<string, string | Uint8Array>): string {
  const root = mkdtempSync(join(tmpdir(), 'fer-data-'));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** 2,304 pixels as the CSV has them: `first`, then 0 1 2 ... 255 0 1 ... */
export function pixels(first = 0): string {
  return Array.from({ length: PIXELS }, (_, i) => (i === 0 ? first : i % 256)).join(' ');
}

/** A whole fer2013.csv of these rows: [emotion, Usage, pixels]. */
export function csv(rows: readonly (readonly [string | number, string, string?])[]): string {
  return `emotion,pixels,Usage\n${rows.map(([e, usage, p = pixels()]) => `${e},${p},${usage}\n`).join('')}`;
}

/** An image whose every pixel is (r, g, b). */
export function png(rgb: readonly [number, number, number], width = 48, height = 48): Buffer {
  const image = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) image.data.set([...rgb, 255], i * 4);
  return PNG.sync.write(image);
}

/** A gray JPEG of one tone. */
export function jpg(tone: number, width = 48, height = 48): Buffer {
  const data = Buffer.alloc(width * height * 4, tone);
  return jpeg.encode({ data, width, height }, 95).data;
}

/** n random-looking images with labels 0 1 2 ... 6 0 ... */
export function someSplit(n: number): Split {
  const images = Uint8Array.from({ length: n * PIXELS }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
  return { images, labels: Uint8Array.from({ length: n }, (_, i) => i % 7) };
}

/** Expects a DataError whose message has all the given parts. */
export async function expectDataError(work: Promise<unknown>, ...parts: string[]): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(DataError);
  for (const part of parts) expect((error as DataError).message).toContain(part);
}

/** Loads a file of this content, without a cache. */
export function loadFile(content: string | Uint8Array, name = 'fer2013.csv', skipBad = false) {
  return loadDataset(join(folderWith({ [name]: content }), name), { cacheDir: false, skipBad });
}
