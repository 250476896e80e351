import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isFinished } from '../../scripts/recipe_parts.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['bench', 'bench/candidates', 'bench/peers', 'scripts', 'scripts/fuzz', 'scripts/mutants'];
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

it('a script says how it is called: with --help, and when an argument is wrong', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-')), 'script.mjs');
  const options = pathToFileURL(join(ROOT, 'scripts/script_options.mjs'));
  const lines = [
    `import { scriptOptions } from '${options}';`,
    '/**\n * Counts faces:\n *\n *   node script.mjs [--from 1]\n */',
    "const { values } = scriptOptions(import.meta.url, { options: { from: { type: 'string' } } });",
    'console.log(values.from);',
  ];
  writeFileSync(path, lines.join('\n'));
  const run = (...args: string[]) => spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });
  const usage = 'Counts faces:\n\n  node script.mjs [--from 1]\n';
  expect(run('--from', '3')).toMatchObject({ status: 0, stdout: '3\n', stderr: '' });
  expect(run('--help')).toMatchObject({ status: 0, stdout: usage });
  expect(run('--form', '3')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: `Unknown option '--form'\n\n${usage}`,
  });
});

it('a training that was stopped is no finished part of a recipe, so that it goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-recipe-'));
  const withStatus = (status: string) => {
    writeFileSync(join(folder, 'summary.json'), JSON.stringify({ status }));
    return isFinished(folder);
  };
  expect(isFinished(folder)).toBe(false);
  expect(withStatus('stopped')).toBe(false);
  expect(withStatus('failed')).toBe(false);
  expect(withStatus('early-stop')).toBe(true);
  expect(withStatus('finished')).toBe(true);
});
