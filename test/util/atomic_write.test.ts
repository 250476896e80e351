import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { atomicWrite, makeFolder, needFolder, needPlace, writeError } from '../../src/util/atomic_write.js';
import { cacheFolder } from '../../src/util/cache_folder.js';
import { RunError } from '../../src/util/errors.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-write-'));

it('writes all parts in order, replaces a longer file, and leaves nothing else', () => {
  const dir = folder();
  const path = join(dir, 'a');
  writeFileSync(path, 'something much longer than the new text');
  atomicWrite(path, 'é', Uint8Array.of(0, 255), new Uint8Array([9, 65, 66, 9]).subarray(1, 3));
  expect(readFileSync(path)).toEqual(Buffer.from([0xc3, 0xa9, 0, 255, 65, 66]));
  expect(readdirSync(dir)).toEqual(['a']);
});

it('a write that fails is a RunError, and leaves the old file and no temporary one', () => {
  const dir = folder();
  mkdirSync(join(dir, 'taken'));
  writeFileSync(join(dir, 'taken', 'old'), 'kept');
  // A folder cannot be replaced by a file: the rename at the end fails.
  expect(() => atomicWrite(join(dir, 'taken'), 'new')).toThrow(RunError);
  expect(readdirSync(dir)).toEqual(['taken']);
  expect(readFileSync(join(dir, 'taken', 'old'), 'utf8')).toBe('kept');
});

it.each([
  ['ENOSPC', 'the disk is full'],
  ['EACCES', 'no permission'],
  ['EPERM', 'not permitted'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EROFS', 'read-only'],
  ['ENOENT', 'no such folder'],
])('%s says: %s', (code, advice) => {
  const cause = Object.assign(new Error('as the system says it'), { code });
  const error = writeError('/some/file', cause);
  expect(error.message).toContain('cannot write /some/file: ');
  expect(error.message).toContain(advice);
  expect(error.message).toContain('choose another folder');
  expect([error.cause, error.exitCode]).toEqual([cause, 5]);
});

it('other errors say what the system says', () => {
  expect(writeError('/f', Object.assign(new Error('i/o error'), { code: 'EIO' })).message).toBe(
    'cannot write /f: i/o error; choose another folder',
  );
  expect(writeError('/f', 'odd').message).toBe('cannot write /f: odd; choose another folder');
});

it('the cache is told to be elsewhere, and a run that has begun to be moved', () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  expect(writeError(join(cacheFolder(), 'x'), full).message).toMatch(
    /the disk is full; free some space or name a folder for the cache in XDG_CACHE_HOME$/,
  );
  const run = folder();
  const error = writeError(join(run, 'last.safetensors'), full);
  expect(error.inside(run).message).toBe(
    `cannot write ${join(run, 'last.safetensors')}: the disk is full; free some space or move ${run} to where it can be written, then go on with --resume`,
  );
  expect(error.inside(join(run, 'gone')).message).toMatch(/or put \S*gone back, then go on with --resume$/);
});

it('a folder that is needed is made, or told to be in the way of a file', () => {
  const dir = folder();
  needFolder(join(dir, 'a', 'b'));
  expect(existsSync(join(dir, 'a', 'b'))).toBe(true);
  writeFileSync(join(dir, 'file'), '');
  expect(() => needFolder(join(dir, 'file'))).toThrow(
    `cannot write ${join(dir, 'file')}: a part of its path is no folder; choose another folder`,
  );
  expect(() => needFolder(join(dir, 'file', 'x'))).toThrow(
    `cannot write ${join(dir, 'file', 'x')}: a part of its path is no folder; choose another folder`,
  );
});

it('a place that a file cannot be written to is told as the write would tell it', () => {
  const dir = folder();
  mkdirSync(join(dir, 'taken'));
  writeFileSync(join(dir, 'file'), 'old');
  const told = (act: () => void): string => {
    try {
      act();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const [name, why] of [
    ['taken', 'it is a folder'],
    ['nowhere/file', 'there is no such folder; choose'],
    ['file/x', 'a part of its path is no folder'],
  ] as const) {
    const path = join(dir, name);
    expect(told(() => needPlace(path))).toContain(`cannot write ${path}: ${why}`);
    expect(told(() => atomicWrite(path, 'new'))).toBe(told(() => needPlace(path)));
  }
  needPlace(join(dir, 'new'));
  needPlace(join(dir, 'file'));
  expect([readdirSync(dir).sort(), readFileSync(join(dir, 'file'), 'utf8')]).toEqual([
    ['file', 'taken'],
    'old',
  ]);
});

it('makes a folder with its parents, also by a relative path; one that is there stays', () => {
  const dir = folder();
  const deep = join(dir, 'a', 'b', 'c');
  makeFolder(relative(process.cwd(), deep));
  expect(existsSync(deep)).toBe(true);
  makeFolder(deep);
  writeFileSync(join(dir, 'file'), '');
  expect(() => makeFolder(join(dir, 'file', 'x'))).toThrow('ENOTDIR');
});
