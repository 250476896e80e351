import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Study } from '../../src/study/study.js';
import { readEvents } from '../../src/train/event_log.js';
import { CLI } from '../helpers/cli.js';

/** Searches by the program, for tests: real processes, real trainings on a few drawn faces. */

export const folder = mkdtempSync(join(tmpdir(), 'fer-tui-search-'));
const SPACE = join(folder, 'space.yaml');
writeFileSync(
  SPACE,
  `settings: {data: 'synthetic:70', model: fer-shallow, filters: 4, dense: 8, epochs: 2, checkpoint-seconds: 0}
space:
  lr: {min: 0.001, max: 0.1, log: true}
  l2: [0, 0.001]
`,
);
let studies = 0;
export const newOut = (): string => join(folder, `s${++studies}`);
export const searching = (out: string, ...more: string[]) => [
  ...['search', SPACE, '--out', out, ...more],
  ...(more.includes('--trials') ? [] : ['--trials', '3']),
];

/** What a study has found, whoever ran it: all but times and places. */
export const found = (path: string) =>
  Study.open(path).trials.map(({ seconds: _, run: __, ...trial }) => trial);

/** The processes that a process has started (Linux). */
export function childrenOf({ pid }: ChildProcess): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

/** Starts the program; `act` is called every few milliseconds until it ends. */
export function watched(
  args: readonly string[],
  act: (child: ChildProcess) => void,
): Promise<string | number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
    const timer = setInterval(() => act(child), 5);
    child.on('error', reject).on('exit', (code, signal) => {
      clearInterval(timer);
      resolve(signal ?? code);
    });
  });
}

/** Events of all runs of a study: how far it is. */
export function eventsOf(out: string): number {
  const trials = join(out, 'trials');
  const names = existsSync(trials) ? readdirSync(trials) : [];
  const logs = names.map((name) => join(trials, name, 'events.ndjson')).filter(existsSync);
  return logs.reduce((sum, log) => sum + readEvents(log).length, 0);
}
