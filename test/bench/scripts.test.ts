import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['bench', 'bench/peers', 'scripts'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(folder, name)),
);

/** The file that an import means: what is built stands for its source. */
const sourceOf = (path: string): string[] =>
  path.startsWith('dist/')
    ? ['.ts', '.tsx'].map((end) => path.replace(/^dist/, 'src').replace(/\.js$/, end))
    : [path];

// These scripts are neither compiled nor run by the tests, so nothing else would notice a module that has moved.
describe.each(files)('%s', (file) => {
  it('imports modules that are there', () => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const imported = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
      join(file, '..', String(path)),
    );
    const missing = imported.filter(
      (path) => !sourceOf(path).some((source) => existsSync(join(ROOT, source))),
    );
    expect(missing).toEqual([]);
  });
});
