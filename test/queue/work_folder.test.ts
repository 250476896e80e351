import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { WorkFolder } from '../../src/queue/work_folder.js';
import { Hold } from '../../src/util/hold.js';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-workers-'));

it('a worker has a folder of its own, which goes with it', () => {
  const parent = newFolder();
  const folder = new WorkFolder(parent);
  writeFileSync(join(folder.path, 'run'), '');
  expect(readdirSync(parent).sort()).toEqual(
    [folder.path, `${folder.path}.lock`].map((path) => path.slice(parent.length + 1)),
  );
  folder.close();
  expect(readdirSync(parent)).toEqual([]);
});

it('what killed workers have left goes when another one starts, and nothing of those that live or are just starting', () => {
  const parent = newFolder();
  mkdirSync(join(parent, '7-1'));
  writeFileSync(join(parent, '8-1.lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: 1 }));
  mkdirSync(join(parent, '8-1'));
  const starting = new Hold(join(parent, '9-1.lock')); // holds its folder before there is one
  const living = new WorkFolder(parent);
  expect([
    existsSync(join(parent, '7-1')),
    existsSync(join(parent, '8-1')),
    existsSync(join(parent, '8-1.lock')),
  ]).toEqual([false, false, false]);
  mkdirSync(join(parent, '9-1'));
  const other = new WorkFolder(parent);
  expect(existsSync(living.path)).toBe(true);
  expect(existsSync(join(parent, '9-1'))).toBe(true);
  other.close();
  living.close();
  starting.release();
});

it('workers that start at the same moment leave each other alone', async () => {
  const parent = newFolder();
  const module = pathToFileURL(join(import.meta.dirname, '../../dist/queue/work_folder.js'));
  const code = `
    import { existsSync } from 'node:fs';
    import { WorkFolder } from ${JSON.stringify(module)};
    for (let i = 0; i < 40; i++) {
      const folder = new WorkFolder(${JSON.stringify(parent)});
      await new Promise((resolve) => setTimeout(resolve, i % 3));
      if (!existsSync(folder.path)) process.exit(3);
      folder.close();
    }`;
  const ends = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
    return new Promise((resolve) => child.on('exit', resolve));
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
  expect(readdirSync(parent)).toEqual([]);
});
