import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isTemporary } from '../../src/util/temporary.js';
import { png } from '../data/fixtures.js';
import { CLI, runCli } from '../helpers/cli.js';

/** Commands that are ended from outside, and in how many ways they can be. */

const NET = ['--filters', '4,8', '--dense', '8', '--data', 'synthetic:140'];
const NOISE = ['noise', '--config', 'net.json', '--data', 'synthetic:140', '--folds', '2', '--out', 'n'];
const MANY = 'synthetic:60000';

/** A command in the middle of its work. */
export interface EndingCase {
  readonly args: readonly string[];
  /** Text of its output, or a file in its folder, that is there once it works; default: as soon as it would hear of a signal. */
  readonly when?: { readonly text: string } | { readonly file: string };
  /** It has something to save, which takes a moment: a closed output ends it with 129. */
  readonly saves?: true;
  /** Its arguments where an output is closed: less work, since it prints nothing before its end. */
  readonly brief?: readonly string[];
}

/** By name; each runs in a folder with a run `r1`, pictures in `faces/`, and the space of a search. */
export const CASES: Readonly<Record<string, EndingCase>> = {
  train: {
    args: ['train', ...NET, '--epochs', '9999', '--out', 'r2'],
    when: { text: 'epoch 1/' },
    saves: true,
  },
  resume: {
    args: ['train', '--resume', 'runs/r1', '--epochs', '9999'],
    when: { text: 'epoch 2/' },
    saves: true,
  },
  cv: {
    args: ['cv', ...NET, '--folds', '2', '--epochs', '9999', '--out', 's'],
    when: { file: 's/trials/t1/checkpoint.safetensors' },
    saves: true,
  },
  search: {
    args: ['search', 'space.yaml', ...NET, '--trials', '2', '--epochs', '9999', '--out', 's'],
    when: { file: 's/trials/t1/checkpoint.safetensors' },
    saves: true,
  },
  noise: {
    args: [...NOISE, '--epochs', '9999'],
    when: { file: 'n/fold-1/checkpoint.safetensors' },
    brief: [...NOISE, '--epochs', '2'],
  },
  lab: {
    args: ['lab', 'init', '--data', 'synthetic:140', '--epochs', '999'],
    when: { text: 'run 1 of' },
    brief: ['lab', 'init', '--data', 'synthetic:140', '--epochs', '1'],
  },
  webcam: {
    args: ['webcam', '--source', 'demo', '--headless', '--csv', 'faces.csv'],
    when: { file: 'faces.csv' },
    saves: true,
  },
  data: { args: ['data', MANY] },
  evaluate: { args: ['evaluate', '--data', MANY] },
  calibrate: { args: ['calibrate', 'fer-cnn', '--data', MANY, '--out', 'c.safetensors'] },
  ensemble: { args: ['ensemble', 'fer-cnn', 'fer-vgg', '--data', MANY, '--out', 'both.json'] },
  export: { args: ['export', 'runs/r1/best.safetensors', '--to', 'onnx'] },
  predict: { args: ['predict', 'faces', '--json'] },
  inspect: { args: ['inspect', 'r1', '--data', MANY, '--out', 'inspection'] },
  summary: { args: ['summary', 'fer-cnn'] },
  runs: { args: ['runs', 'show', 'r1'] },
};

/** Pictures in `faces/`. */
export const PICTURES = 40;

/** A folder to end commands in. */
export async function endingFolder(): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-endings-'));
  await runCli(['train', ...NET, '--epochs', '1', '--out', 'runs/r1'], { cwd });
  mkdirSync(join(cwd, 'faces'));
  for (let i = 0; i < PICTURES; i++) writeFileSync(join(cwd, `faces/${i}.png`), png([i, 2 * i, 3 * i]));
  writeFileSync(join(cwd, 'net.json'), '{ "filters": "4,8", "dense": "8" }');
  writeFileSync(join(cwd, 'space.yaml'), 'space:\n  lr: [0.001, 0.01]\n');
  return cwd;
}

export interface Outcome {
  /** As a shell tells it: 128 and the number of the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Files that should be gone. */
  readonly left: readonly string[];
}

type Ended = { kill(signal: NodeJS.Signals): unknown; close(output: 'stdout' | 'stderr'): void };

/** What may end a command: what is done to it, and the exit codes that are right, of one with something to save and of others. */
export const ENDINGS: Readonly<
  Record<string, { act: (process: Ended) => void; saves: number; others: number; closes?: true }>
> = {
  SIGINT: { act: ({ kill }) => void kill('SIGINT'), saves: 130, others: 130 },
  'SIGINT twice': {
    act: ({ kill }) => {
      kill('SIGINT');
      setTimeout(() => kill('SIGINT'), 400);
    },
    ...{ saves: 130, others: 130 },
  },
  SIGTERM: { act: ({ kill }) => void kill('SIGTERM'), saves: 143, others: 143 },
  SIGHUP: { act: ({ kill }) => void kill('SIGHUP'), saves: 129, others: 129 },
  'closed stdout': { act: ({ close }) => close('stdout'), saves: 129, others: 0, closes: true },
  'closed stderr': { act: ({ close }) => close('stderr'), saves: 129, others: 0, closes: true },
  'closed outputs': {
    act: ({ close }) => {
      close('stdout');
      close('stderr');
    },
    ...{ saves: 129, others: 0, closes: true },
  },
};

/** Runs a command, ends it in the middle of its work, and waits until it has ended. */
export function ended(
  { args, when, brief }: EndingCase,
  { act, closes }: { act: (process: Ended) => void; closes?: true },
  cwd: string,
): Promise<Outcome> {
  const temporary = mkdtempSync(join(tmpdir(), 'fer-tui-own-tmp-'));
  // What is told of closed outputs is noticed when something is printed; so there are few faces, and events on stdout.
  const few = brief ?? args.map((arg) => arg.replace(MANY, 'synthetic:140'));
  const given = closes ? [...few, ...jsonOf(args)] : args;
  const child = spawn(process.execPath, [CLI, ...given], { cwd, env: { ...process.env, TMPDIR: temporary } });
  const printed = { stdout: '', stderr: '' };
  for (const output of ['stdout', 'stderr'] as const)
    child[output].on('data', (data: Buffer) => {
      printed[output] += data.toString();
    });
  const works = (): boolean => {
    if (when === undefined) return hears(child.pid as number);
    return 'text' in when
      ? `${printed.stdout}${printed.stderr}`.includes(when.text)
      : existsSync(join(cwd, when.file));
  };
  const timer = setInterval(async () => {
    if (!works()) return;
    clearInterval(timer);
    if (when === undefined) await wait(500); // Node.js itself has listened so far
    act({ kill: (signal) => child.kill(signal), close: (output) => void child[output].destroy() });
  }, 20);
  return new Promise((resolve) =>
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      resolve({
        code: code ?? 128 + constants.signals[signal as NodeJS.Signals],
        ...printed,
        left: leftIn(cwd, temporary),
      });
    }),
  );
}

const jsonOf = (args: readonly string[]): string[] => (args.includes('--json') ? [] : ['--json']);

/** Whether a process listens to SIGINT (Linux). */
function hears(pid: number): boolean {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return false;
  const [, caught = '0'] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(file, 'utf8')) ?? [];
  return (BigInt(`0x${caught}`) & 2n) !== 0n;
}

/** Locks and temporary files in a folder, and all that is left among the temporary files of the system. */
function leftIn(cwd: string, temporary: string): string[] {
  const names = readdirSync(cwd, { recursive: true, encoding: 'utf8' });
  const ours = names.filter((name) => isTemporary(name) || /(^|[./])lock$/.test(name));
  return [...ours, ...readdirSync(temporary)];
}
