import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LESSONS } from '../../src/learn/lessons.js';
import { commandsOf, patchOf, readLesson } from '../helpers/lesson.js';
import { copyOfTree, runScript } from '../helpers/lesson_sandbox.js';
import { needs } from '../helpers/needs.js';

describe('the exercises', () => {
  const names = readdirSync('docs/learn/exercises').filter((name) => name.endsWith('.test.ts'));
  let copy = '';
  let unsolved: Record<string, string>;
  let solved: Record<string, string>;
  /** What `git apply` says to each solution: alone on the tree as it is, and after those before it. */
  const applied: { file: string; alone: string; all: string }[] = [];
  beforeAll(async () => {
    copy = copyOfTree('src', 'shaders', 'docs', 'examples', 'package.json', 'tsconfig.json');
    unsolved = await outcomes();
    const alone = LESSONS.map(({ file }) => apply(file, '--check'));
    for (const [i, { file }] of LESSONS.entries())
      applied.push({ file, alone: alone[i] as string, all: apply(file) });
    solved = await outcomes();
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  /** The outcome of each exercise's test, by file. */
  async function outcomes(): Promise<Record<string, string>> {
    await runScript('npm run -s exercise -- --no-isolate --reporter=json --outputFile=report.json', copy);
    const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as {
      testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
    };
    return Object.fromEntries(
      testResults.map(({ name, status, assertionResults }) => [
        name.split('/').at(-1),
        status === 'passed' && assertionResults.every((one) => one.status === 'passed') ? 'passed' : 'failed',
      ]),
    );
  }
  const each = (outcome: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, outcome]));
  const apply = (file: string, options = ''): string => {
    const { status, stderr } = spawnSync('git', ['apply', ...options.split(' ').filter(Boolean), '-'], {
      ...{ cwd: copy, input: patchOf(readLesson(file)), encoding: 'utf8' },
    });
    return status === 0 ? 'applied' : stderr;
  };

  it('every lesson has one, and names its test', () => {
    const commands = LESSONS.map(
      ({ file }) => commandsOf(readLesson(file)).find(({ note }) => note === 'exercise')?.script,
    );
    expect(commands).toEqual(names.map((name) => `npm run exercise -- ${name.replace('.test.ts', '')}\n`));
    names.forEach((name, i) => {
      expect(name.slice(0, 3)).toBe(LESSONS[i]?.file.slice(0, 3));
    });
  });

  it('fail without their solutions', () => expect(unsolved).toEqual(each('failed')));

  it('have solutions that apply to the tree as it is, alone and all together', () => {
    expect(applied).toEqual(LESSONS.map(({ file }) => ({ file, alone: 'applied', all: 'applied' })));
  });

  it('pass with their solutions', () => expect(solved).toEqual(each('passed')));

  it('have solutions that the compiler accepts', needs.full, async () => {
    const config = 'tsconfig.solved.json';
    const { printed, status } = await runScript(
      `echo '{"extends":"./tsconfig.json","include":["src","docs/learn/exercises"]}' > ${config}; npx tsc --noEmit -p ${config}`,
      copy,
    );
    expect(status, printed).toBe(0);
  });
});
