import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { fromProc, fromPs } from '../../scripts/mutants/cpu_time.mjs';
import { TestBench } from '../../scripts/mutants/run_tests.mjs';
import { need } from '../helpers/needs.js';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** A project of one function, with a test of its source and a test of the program that is built from it. */
const FILES = {
  'src/one.ts': 'export const one = (): number => 1;\n',
  'dist/one.js': '',
  'test/source.test.ts': `import { expect, it } from 'vitest';
import { one } from '../src/one.js';
it('is 1', () => expect(one()).toBe(1));`,
  'test/built.test.ts': `import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
const program = "import('./dist/one.js').then(({ one }) => console.log(one()))";
it('prints 1', () => expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('1\\n'));`,
  'test/other.test.ts': "import { it } from 'vitest';\nit('passes', () => undefined);",
  'vitest.config.ts': "export default { test: { pool: 'forks', isolate: false } };",
  'package.json': '{ "type": "module" }',
};
const good = FILES['src/one.ts'];
const root = mkdtempSync(join(tmpdir(), 'fer-tui-bench-'));
for (const [file, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
symlinkSync(MODULES, join(root, 'node_modules'));
const bench = new TestBench(root, [...Object.keys(FILES), 'src/gone.ts'], {
  patienceMs: 2500,
  quietMs: 8000,
});
afterAll(() => bench.close());

it('what is gone by the time of the copy is left out', () => {
  expect(bench.files).toEqual(Object.keys(FILES));
});

it('a fault is noticed by the tests that reach it and by no other, until it is taken back', async () => {
  const outcome = async (text: string): Promise<boolean[]> => {
    await bench.write('src/one.ts', text);
    const failed: boolean[] = [];
    for (const test of ['source', 'other', 'built'])
      failed.push((await bench.run(`test/${test}.test.ts`)).failed);
    return failed;
  };
  expect(await outcome(good)).toEqual([false, false, false]);
  expect(await outcome(good.replace('=> 1', '=> 2'))).toEqual([true, false, true]);
  expect(await outcome(`import './nowhere.js';\n${good}`)).toEqual([true, false, true]);
  expect(await outcome(`setTimeout(() => { throw new Error('late'); });\n${good}`)).toEqual([
    true,
    false,
    true,
  ]);
  expect(await outcome(good)).toEqual([false, false, false]);
});

it.each([
  ['never ends', `for (;;);\n${good}`],
  ['waits for ever', `await new Promise((resolve) => setTimeout(resolve, 1e9));\n${good}`],
])('a fault that %s is stopped, and the next test runs', async (_, text) => {
  await bench.write('src/one.ts', text);
  expect(await bench.run('test/source.test.ts', 100)).toMatchObject({ failed: true, stuck: true });
  await bench.write('src/one.ts', good);
  expect(await bench.run('test/source.test.ts')).toMatchObject({ failed: false });
});

it('a test that takes long for other work on the machine is not stopped', async () => {
  await bench.write('src/one.ts', `await new Promise((resolve) => setTimeout(resolve, 3000));\n${good}`);
  const begin = performance.now();
  const { failed, cpuMs } = await bench.run('test/source.test.ts', 0);
  expect(performance.now() - begin).toBeGreaterThan(3000);
  expect(failed).toBe(false);
  expect(cpuMs).toBeLessThan(2500);
  await bench.write('src/one.ts', good);
});

it('the CPU time of a test is that of all processes that it starts', async () => {
  const spin =
    'for (let used = 0; used < 3e6; ) ({ user: used } = process.cpuUsage()) && Math.hypot(...Array(9999).fill(1));';
  const child = `import { spawnSync } from 'node:child_process';\nspawnSync(process.execPath, ['-e', '${spin}']);`;
  await bench.write('src/one.ts', `${child}\n${good}`);
  expect((await bench.run('test/source.test.ts')).cpuMs).toBeGreaterThan(2900);
  await bench.write('src/one.ts', good);
});

const both = need(
  ['/proc/self/stat', '/bin/ps'].every(existsSync),
  '/proc or ps is missing (Debian: apt install procps)',
);
it('ps tells the same processes as /proc, without the time of children that ended', both, () => {
  const ps = fromPs();
  const proc = new Map(fromProc().map((one) => [one.pid, one]));
  const alive = ps.filter(({ pid }) => proc.has(pid));
  expect(alive.length).toBeGreaterThan(1);
  expect(alive.map(({ pid, pgid }) => [pid, pgid])).toEqual(
    alive.map(({ pid }) => [pid, proc.get(pid)?.pgid]),
  );
  expect(Math.max(...alive.map(({ ms }) => ms))).toBeGreaterThan(0);
  expect(alive.filter(({ pid, ms }) => ms > (proc.get(pid)?.ms ?? 0))).toEqual([]);
  // This process runs while it reads /proc, and ps while it lists. Not all processes do: the rest wait.
  expect(proc.get(process.pid)?.ready).toBe(true);
  for (const all of [ps, [...proc.values()]])
    expect(new Set(all.map(({ ready }) => ready))).toEqual(new Set([true, false]));
});
