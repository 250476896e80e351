import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodeFaces, facesHash } from '../../src/data/faces_file.js';
import { loadDataset, loadSource } from '../../src/data/load.js';
import { csv, expectDataError, folderWith, pixels } from './fixtures.js';

const ROWS = [
  [0, 'Training', pixels(1)],
  [4, 'Training', pixels(2)],
  [6, 'PrivateTest', pixels(3)],
] as const;
const noCache = { cacheDir: false } as const;

it('a .faces file is a data set like its source', async () => {
  const root = folderWith({ 'a.csv': csv(ROWS) });
  const source = await loadSource(join(root, 'a.csv'), noCache);
  const path = join(root, 'a.faces');
  writeFileSync(path, Buffer.concat(encodeFaces(source)));
  expect(await loadSource(path, noCache)).toEqual(source);
  expect(await loadDataset(path, noCache)).toEqual(await loadDataset(join(root, 'a.csv'), noCache));
});

it('a damaged .faces file is refused', async () => {
  const root = folderWith({ 'a.csv': csv(ROWS) });
  const whole = Buffer.concat(encodeFaces(await loadSource(join(root, 'a.csv'), noCache)));
  writeFileSync(join(root, 'a.faces'), whole.subarray(0, -1));
  await expectDataError(loadSource(join(root, 'a.faces'), noCache), 'a.faces', 'cut off or damaged');
});

it('the hash follows labels, images and splits, and nothing else', async () => {
  const hashOf = async (files: Record<string, string | Uint8Array>): Promise<string> => {
    const root = folderWith(files);
    return facesHash(await loadSource(join(root, Object.keys(files)[0] ?? ''), noCache));
  };
  const [first, second, third] = ROWS;
  const hash = await hashOf({ 'a.csv': csv(ROWS) });
  expect(await hashOf({ 'b.csv.gz': gzipSync(csv(ROWS)) })).toBe(hash);
  const others = [
    [first, second],
    [second, first, third],
    [[1, 'Training', pixels(1)] as const, second, third],
    [first, [4, 'Training', pixels(9)] as const, third],
    [first, [4, 'PublicTest', pixels(2)] as const, third],
  ];
  const hashes = await Promise.all(others.map((rows) => hashOf({ 'a.csv': csv(rows) })));
  expect(new Set([hash, ...hashes]).size).toBe(6);
});
