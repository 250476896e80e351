import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cache } from '../../src/cli/commands/cache.js';
import { cacheCheck } from '../../src/cli/doctor_system.js';
import { printed as printedBy } from '../helpers/printed.js';

let home = '';
let folder = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fer-tui-cache-'));
  folder = join(home, 'fer-tui');
  mkdirSync(folder);
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

const fill = (name: string, bytes: number): void => writeFileSync(join(folder, name), Buffer.alloc(bytes));

/** What the command prints. */
const printed = (options: { action?: 'clear'; json?: boolean } = {}): Promise<string> =>
  printedBy(() => cache({ json: false, ...options } as never));

it('says what the cache holds, in megabytes of 10^6, and what would be removed', async () => {
  fill('a.csv.1.2.faces', 2_500_000);
  fill('tuning-ab.json', 100_000);
  const [first, , , ...rows] = (await printed()).trimEnd().split('\n');
  expect(first).toBe(folder);
  expect(rows[0]).toMatch(/^data sets in the form of training +1 +2\.5 MB +removed by clear$/);
  expect(rows[1]).toMatch(/^measured choices of kernels +1 +0\.1 MB +kept$/);
});

it('clears, says of how much, and what is left', async () => {
  fill('a.csv.1.2.faces', 2_500_000);
  fill('tuning-ab.json', 100_000);
  const text = await printed({ action: 'clear' });
  expect(text).toMatch(/^removed: 1 file, 2\.5 MB\n/);
  expect(text).not.toContain('.faces');
  expect(text).not.toContain('data sets');
  expect(text).toContain('measured choices of kernels');
});

it('says that it is empty', async () => {
  expect(await printed()).toBe(`${folder} is empty\n`);
});

it('has the same as JSON, with what was removed only where it was to be', async () => {
  fill('a.csv.1.2.faces', 10);
  const kind = { kind: 'data sets in the form of training', files: 1, bytes: 10, clears: true };
  expect(JSON.parse(await printed({ json: true }))).toEqual({
    ...{ v: 1, type: 'result', folder },
    kinds: [kind],
  });
  expect(JSON.parse(await printed({ json: true, action: 'clear' }))).toEqual({
    ...{ v: 1, type: 'result', folder, kinds: [] },
    removed: { files: 1, bytes: 10 },
  });
});

it('the doctor says its size, its folder, and what tells more', () => {
  fill('a.csv.1.2.faces', 12_300_000);
  fill('other', 700_000);
  expect(cacheCheck()).toEqual({
    ...{ name: 'cache', ok: true },
    detail: `13 MB in ${folder} (fer-tui cache lists its contents)`,
  });
});
