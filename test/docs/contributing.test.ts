import { execSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeGpu } from '../helpers/gpu.js';
import { applyStep, type Step, stepsOf } from '../helpers/guide.js';
import { FULL } from '../helpers/needs.js';

const GUIDE = readFileSync('CONTRIBUTING.md', 'utf8');
const OP = stepsOf(GUIDE, '### An activation, from start to end: softsign');
const LAB = stepsOf(GUIDE, '## Adding a lab');
const COPIED = [
  ...['src', 'shaders', 'schemas', 'test', 'scripts', 'docs', 'tuning', 'dist', 'bench/candidates'],
  ...['package.json', 'tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts'],
];

/**
 * A copy of the project, in which the guides are followed. Its packages are links to ours, file by file: behind a linked folder,
 * tsc would check all of the project again, as for it the packages were others.
 */
const copy = join('.cache', 'guide');
beforeAll(() => {
  rmSync(copy, { recursive: true, force: true });
  for (const name of COPIED) cpSync(name, join(copy, name), { recursive: true });
  linkFiles('node_modules', join(copy, 'node_modules'));
  if (!FULL) place(LAB);
});
afterAll(() => rmSync(copy, { recursive: true }));

function linkFiles(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFiles(source, target);
    else linkSync(source, target);
  }
}

/** Runs a command in the copy; throws with what it printed if it fails. */
function run(command: string): string {
  try {
    return execSync(command, { cwd: copy, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command}\n${stdout}\n${stderr}`);
  }
}

/** Puts the texts of a guide into the copy. */
function place(steps: readonly Step[]): void {
  for (const step of steps) if ('file' in step) applyStep(copy, step);
}

const isTest = ({ command }: { command: string }): boolean => command.includes('vitest');

/** Follows the steps in the copy. Returns the names of the tests that passed. */
function follow(steps: readonly Step[]): string[] {
  const passed: string[] = [];
  for (const step of steps) {
    if ('file' in step) applyStep(copy, step);
    else if (!isTest(step)) run(step.command);
    else {
      run(`${step.command} --reporter=dot --reporter=json --outputFile.json=report.json`);
      const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as {
        testResults: { assertionResults: { status: string; fullName: string }[] }[];
      };
      for (const { assertionResults } of testResults) {
        passed.push(
          ...assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
        );
      }
    }
  }
  return passed;
}

/**
 * The full tests follow the guides to the letter, one after the other. Otherwise the texts of the second are put in place first, so
 * that the commands of the first build both, and of its own commands only the tests run.
 */
describeGpu('the guide of CONTRIBUTING.md, followed to the letter,', () => {
  it('adds an op in at most eight files, generated ones included', () => {
    const files = new Set(OP.flatMap((step) => ('file' in step ? [step.file] : [])));
    expect([...files, 'docs/keras.md', 'shaders/README.md'].length).toBeLessThanOrEqual(8);
  });

  it('gives an op that every check covers', () => {
    const passed = follow(OP);
    for (const proof of [
      'the reference gradients agree with central differences softsign',
      'every kernel agrees with the float64 reference softsign.forward: softsign of 1001 values',
      "kernel 'softsign.backward' binds what its entry point uses, in the declared order and access",
      'networks with branches softsign gives its gradient back from what it keeps',
      'an ONNX file, computed operator by operator, has the activation softsign, alone and inside of a layer',
      'docs/keras.md has the layers of the code; "npm run docs" writes them',
      'shaders/README.md lists every file; "npm run docs" writes the list',
    ]) {
      expect(passed).toContain(proof);
    }
    expect(readFileSync(join(copy, 'docs/keras.md'), 'utf8')).toContain('log_sigmoid, softsign, softmax');
  });

  it('gives a lab of one file and one place in the list, which runs and is checked', () => {
    const source = LAB.flatMap((step) => ('file' in step && step.file.startsWith('src/') ? [step.file] : []));
    expect([...new Set(source)]).toEqual(['src/labs/label_smoothing.ts', 'src/labs/all.ts']);
    const passed = follow(FULL ? LAB : LAB.filter((step) => 'command' in step && isTest(step)));
    for (const proof of [
      'the lab label-smoothing runs, and its table is the mean and deviation of its runs',
      'docs/labs.md says of label-smoothing what it asks, what is varied, what to notice, and sets an exercise',
    ]) {
      expect(passed).toContain(proof);
    }
    expect(run('node dist/cli/main.js lab')).toContain('label-smoothing  Is a network that is less sure');
  });
});

it('a block without a place, and a place that is not there, are faults of a guide', () => {
  expect(() => stepsOf('\n# A\n\nSomewhere:\n\n```ts\nx\n```\n', '# A')).toThrow('does not say where');
  const lost = { file: 'package.json', before: 'no such line', text: '' };
  expect(() => applyStep('.', lost)).toThrow('package.json has 0 lines no such line');
});
