import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { needs } from '../helpers/needs.js';
import { TEST_MS } from '../helpers/patience.js';
import { writeSeeds } from './seeds.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

it('every reader accepts good files, and stands those on which one failed once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-seeds-'));
  await writeSeeds(folder);
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    [path('scripts/fuzz/replay.mjs'), folder, path('test/fuzz/corpus')],
    { encoding: 'utf8', timeout: TEST_MS, killSignal: 'SIGKILL' },
  );
  const read = stdout.split('\n').slice(0, -1);
  expect({ signal, wrong: read.filter((line) => !line.endsWith(': good')), stderr }).toEqual({
    ...{ signal: null, wrong: [], stderr: '' },
  });
  expect(read.length).toBeGreaterThan(50);
});

it('a minute of changed files finds nothing', needs.full, () => {
  const { status, stdout } = spawnSync(process.execPath, [path('scripts/fuzz.mjs'), '--minutes', '1'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toMatchObject({ status: 0 });
});
