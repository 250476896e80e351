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

/** What `scriptOptions` makes of a script with such options and such a body, called so. */
function scriptWith(options: string, body: string, ...args: string[]) {
  const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-')), 'script.mjs');
  const lines = [
    `import { scriptOptions } from '${pathToFileURL(join(ROOT, 'scripts/script_options.mjs'))}';`,
    '/**\n * Counts faces.\n */',
    `const { values } = scriptOptions(import.meta.url, { options: ${options} });`,
    body,
  ];
  writeFileSync(path, lines.join('\n'));
  return spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });
}

it('numbers that a script is called with are numbers in their range', () => {
  const options =
    "{ rounds: { type: 'number', whole: true, default: 5 }, lanes: { type: 'number', least: 0 } }";
  const run = (...args: string[]) => scriptWith(options, 'console.log(JSON.stringify(values));', ...args);
  expect(run().stdout).toBe('{"rounds":5}\n');
  expect(run('--rounds', '7', '--lanes', '0').stdout).toBe('{"rounds":7,"lanes":0}\n');
  for (const [args, told] of [
    [['--rounds', '0'], '--rounds 0: expected a whole number above 0'],
    [['--rounds', '1.5'], '--rounds 1.5: expected a whole number above 0'],
    [['--rounds', 'many'], '--rounds many: expected a whole number above 0'],
    [['--rounds', ''], '--rounds : expected a whole number above 0'],
    [['--lanes=-1'], '--lanes -1: expected a number of 0 or more'],
    [['--lanes', 'Infinity'], '--lanes Infinity: expected a number of 0 or more'],
  ] as const) {
    expect(run(...args)).toMatchObject({ status: 2, stdout: '', stderr: `${told}\n\nCounts faces.\n` });
  }
});

it('errors for people, and files that are not there, end a script without a stack trace; others with one', () => {
  const run = (body: string) => scriptWith('{}', body);
  expect(run("throw Object.assign(new Error('no such model'), { exitCode: 2 });")).toMatchObject({
    status: 2,
    stderr: 'script.mjs: no such model\n',
  });
  expect(run("await import('node:fs/promises').then(({ readFile }) => readFile('/nowhere'));")).toMatchObject(
    {
      status: 1,
      stderr: "script.mjs: ENOENT: no such file or directory, open '/nowhere'\n",
    },
  );
  expect(run("throw new TypeError('x is undefined');")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/TypeError: x is undefined\n +at /),
  });
});

it.each([
  ['scripts/mutants.mjs', ['nope'], /"nope" is no folder of src; expected some of shaders, .*\bdata, /],
  ['scripts/mutants.mjs', ['data', '--file', 'nope', '--list'], /no file of data has "nope" in its path/],
  ['scripts/reproduce.mjs', ['nope'], /there is no network "nope"; expected one of .*fer-vgg-robust/],
  ['scripts/spread.mjs', [], /no network is named; expected one of .*fer-vgg-robust/],
  ['scripts/performance.mjs', [], /no file is named; expected/],
  ['scripts/results.mjs', [], /no run is named; expected its folder/],
  ['bench/turns.mjs', ['/nowhere'], /\/nowhere: no checkout that is built; expected/],
  ['bench/occupancy.mjs', ['nope'], /model "nope": expected one of fer-cnn/],
  ['bench/adapters.mjs', ['nope'], /model "nope": expected one of fer-cnn/],
])('%s %j says what it does not take', (script, args, told) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(told);
  expect(stderr.trim().split('\n')).toHaveLength(1);
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
