/** Studies by a queue with real processes: a server, workers and a coordinator. For the benchmark and the full tests. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Journal } from '../dist/study/journal.js';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/**
 * Starts the program.
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, before?: readonly string[] }} [options] `before`: words before the command, such as
 *   `ip netns exec NAME`
 */
export function startCli(args, { env = {}, before = [] } = {}) {
  const [program = '', ...words] = [...before, process.execPath, CLI, ...args];
  const child = spawn(program, words, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  /** @type {{ at: number, line: Record<string, unknown> }[]} */
  const lines = [];
  let rest = '';
  child.stdout.on('data', (/** @type {Buffer} */ data) => {
    output.stdout += data.toString();
    rest += data.toString();
    const complete = rest.split('\n');
    rest = complete.pop() ?? '';
    for (const text of complete)
      if (text.startsWith('{')) lines.push({ at: performance.now(), line: JSON.parse(text) });
  });
  child.stderr.on('data', (/** @type {Buffer} */ data) => {
    output.stderr += data.toString();
  });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  return { child, output, lines, ended, kill: () => child.kill('SIGKILL') };
}

/**
 * Waits until a line of its JSON output is of a type. Throws when the process ends before.
 * @param {ReturnType<typeof startCli>} started
 * @param {string} type
 */
export async function lineOf(started, type) {
  let over = false;
  void started.ended.then(() => {
    over = true;
  });
  for (;;) {
    const found = started.lines.find(({ line }) => line['type'] === type);
    if (found !== undefined) return found;
    if (over) throw new Error(`ended without "${type}":\n${started.output.stdout}${started.output.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Starts a worker, and waits until it is ready.
 * @param {string} url
 * @param {readonly string[]} [args]
 * @param {Parameters<typeof startCli>[1]} [options]
 */
export async function startWorker(url, args = [], options = {}) {
  const worker = startCli(['worker', '--json', '--quiet', ...args], {
    ...options,
    env: { FER_TUI_QUEUE: url, ...options?.env },
  });
  await lineOf(worker, 'ready');
  return worker;
}

/**
 * What has become of the trials of a study: the last record of each, and a hash of its best weights.
 * @param {string} study
 */
export function outcome(study) {
  const trials = new Journal(study).read();
  return trials.map(({ number, state, epochs, metric, run }) => ({
    ...{ number, state, epochs, metric },
    weights: createHash('sha256')
      .update(readFileSync(join(run, 'best.safetensors')))
      .digest('hex'),
  }));
}

/**
 * How often each trial was recorded as complete.
 * @param {string} study
 * @returns {number[]} by number
 */
export function completions(study) {
  /** @type {number[]} */
  const counts = [];
  for (const text of readFileSync(join(study, 'trials.ndjson'), 'utf8').split('\n')) {
    if (text === '') continue;
    const { number, state } = JSON.parse(text);
    counts[number - 1] = (counts[number - 1] ?? 0) + (state === 'complete' ? 1 : 0);
  }
  return counts;
}
