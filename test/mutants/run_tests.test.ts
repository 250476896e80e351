import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { TestBench } from '../../scripts/mutants/run_tests.mjs';

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
const root = mkdtempSync(join(tmpdir(), 'fer-tui-bench-'));
for (const [file, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
symlinkSync(MODULES, join(root, 'node_modules'));
const bench = new TestBench(root, [...Object.keys(FILES), 'src/gone.ts'], 3000);
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
  const good = FILES['src/one.ts'];
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

it('a fault that never ends is stopped, and the next test runs', async () => {
  await bench.write('src/one.ts', `for (;;);\n${FILES['src/one.ts']}`);
  expect(await bench.run('test/source.test.ts', 100)).toMatchObject({ failed: true, stuck: true });
  await bench.write('src/one.ts', FILES['src/one.ts']);
  expect(await bench.run('test/source.test.ts')).toMatchObject({ failed: false });
});
