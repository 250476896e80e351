import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cacheContents, clearCache } from '../../src/util/cache_contents.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fer-tui-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** No process has it: ids end far below. */
const GONE = 2 ** 30;
const KEPT = ['camera', `engine-${process.pid}.log`, 'fetched', 'tuning-ab.json'];

function fill(): void {
  for (const name of ['camera', 'fetched']) mkdirSync(join(folder, name));
  const files = ['a.csv.11.22.faces', `engine-${GONE}.log`, 'driver.log', 'camera/x.node', 'fetched/y.faces'];
  for (const name of [...files, `engine-${process.pid}.log`, 'tuning-ab.json'])
    writeFileSync(join(folder, name), '0123456789');
}

it('tells the files of the cache by kind, those in folders too', () => {
  fill();
  expect(cacheContents(folder).map(({ files, bytes, clears }) => [files, bytes, clears])).toEqual([
    [1, 10, true],
    [3, 30, true],
    [1, 10, false],
    [1, 10, false],
    [1, 10, false],
  ]);
});

it('clears copies of data and the logs of ended processes, and nothing else', () => {
  fill();
  expect(clearCache(folder)).toEqual({ files: 3, bytes: 30 });
  expect(readdirSync(folder).sort()).toEqual(KEPT);
  expect(readdirSync(join(folder, 'fetched'))).toEqual(['y.faces']);
  expect(clearCache(folder)).toEqual({ files: 0, bytes: 0 });
});

it('a cache that is not there is empty', () => {
  const none = join(folder, 'none');
  expect(cacheContents(none)).toEqual([]);
  expect(clearCache(none)).toEqual({ files: 0, bytes: 0 });
});
