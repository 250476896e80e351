import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { KERAS_PYTHON } from './needs.js';

/** Runs a script of test/full in the Python that has Keras. @returns what it writes as the last line, which is JSON */
export const runKeras = <T>(script: string, task: object): T => runPython(KERAS_PYTHON, script, task);

/** Runs a script of test/full. @returns what it writes as the last line, which is JSON */
export function runPython<T>(python: string | undefined, script: string, task: object): T {
  const path = fileURLToPath(new URL(`../full/${script}`, import.meta.url));
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' };
  const input = JSON.stringify(task);
  const done = spawnSync(python ?? '', [path], { input, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(done.status, done.stderr).toBe(0);
  return JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '');
}
