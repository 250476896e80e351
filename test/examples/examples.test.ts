import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeGpu } from '../helpers/gpu.js';

const FOLDER = new URL('../../examples/', import.meta.url);

it.each(readdirSync(FOLDER))('%s is short', (file) => {
  expect(readFileSync(new URL(file, FOLDER), 'utf8').split('\n').length).toBeLessThan(41);
});

describeGpu('an example runs as its readers would run it:', () => {
  const run = (file: string): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(new URL(file, FOLDER))], {
      cwd: fileURLToPath(new URL('..', FOLDER)),
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  it('small_network.mjs learns', () => {
    const accuracy = Number(/validation accuracy ([\d.]+) %/.exec(run('small_network.mjs'))?.[1]);
    expect(accuracy).toBeGreaterThan(25);
  });

  it('own_callback.mjs stops by itself once it is good enough', () => {
    const lines = run('own_callback.mjs').trimEnd().split('\n');
    const accuracies = lines.slice(0, -1).map((line) => Number(/([\d.]+) %$/.exec(line)?.[1]));
    expect(accuracies.findIndex((accuracy) => accuracy >= 60)).toBe(accuracies.length - 1);
    expect(lines.at(-1)).toBe(`early-stop after ${accuracies.length} epochs`);
  });
});
